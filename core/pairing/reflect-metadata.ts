/**
 * The three functions of `Reflect` that `@peculiar/x509`'s container wants to find when it is loaded. It stores one kind of
 * note on a few classes, so a map per class does; a real polyfill that is already there is left alone. Import before x509.
 */
const notes = new WeakMap<object, Map<unknown, unknown>>();

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const own = notes.get(target) ?? new Map<unknown, unknown>();
  notes.set(target, own.set(key, value));
}

function getOwnMetadata(key: unknown, target: object): unknown {
  return notes.get(target)?.get(key);
}

function getMetadata(key: unknown, target: object): unknown {
  for (let owner: object | null = target; owner !== null; owner = Reflect.getPrototypeOf(owner)) {
    const own = notes.get(owner);
    if (own?.has(key) === true) return own.get(key);
  }
  return undefined;
}

if (!("getMetadata" in Reflect)) Object.assign(Reflect, { defineMetadata, getOwnMetadata, getMetadata });
