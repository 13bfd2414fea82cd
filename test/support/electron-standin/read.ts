/** The value at `path` inside data of unknown shape; undefined where there is none. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

export function textField(value: unknown, ...path: readonly string[]): string {
  const found = field(value, ...path);
  if (typeof found !== "string") throw new TypeError(`expected text at ${path.join(".")}, found ${typeof found}`);
  return found;
}

export function numberField(value: unknown, ...path: readonly string[]): number {
  const found = field(value, ...path);
  if (typeof found !== "number") throw new TypeError(`expected a number at ${path.join(".")}, found ${typeof found}`);
  return found;
}

export function listField(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = field(value, ...path);
  if (!Array.isArray(found)) throw new TypeError(`expected a list at ${path.join(".")}, found ${typeof found}`);
  return found;
}
