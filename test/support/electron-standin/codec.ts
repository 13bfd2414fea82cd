// Values between processes and worlds, as text: JSON, undefined, and functions where the receiver can call back.
// What the app does not send is refused, so that nobody relies on a copy that Electron would make differently.

export type RegisterFunction = (run: (...parameters: readonly unknown[]) => unknown) => number;
export type ReviveFunction = (id: number) => unknown;

const TAG = "$";

export function encode(value: unknown, register?: RegisterFunction): string {
  return JSON.stringify(toPlain(value, register));
}

export function decode(text: string, revive?: ReviveFunction): unknown {
  const plain: unknown = JSON.parse(text);
  return fromPlain(plain, revive);
}

function toPlain(value: unknown, register: RegisterFunction | undefined): unknown {
  if (value === undefined) return { [TAG]: "undefined" };
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (isFunction(value) && register !== undefined) return { [TAG]: "function", id: register(value) };
  if (Array.isArray(value)) return value.map((item: unknown) => toPlain(item, register));
  if (typeof value === "object" && isPlainObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item, register)]));
  }
  // Electron's own words for a value that cannot be sent.
  throw new TypeError("An object could not be cloned.");
}

function fromPlain(value: unknown, revive: ReviveFunction | undefined): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => fromPlain(item, revive));
  const kind: unknown = Reflect.get(value, TAG);
  if (kind === "undefined") return undefined;
  if (kind === "function" && revive !== undefined) return revive(Number(Reflect.get(value, "id")));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromPlain(item, revive)]));
}

function isFunction(value: unknown): value is (...parameters: readonly unknown[]) => unknown {
  return typeof value === "function";
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !(TAG in value);
}
