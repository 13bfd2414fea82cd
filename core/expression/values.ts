import type { Json } from "../base/json.ts";
import { MAX_RESULT_DEPTH, MAX_RESULT_VALUES } from "./limits.ts";

/** What an expression came to as plain JSON: ints become numbers. Throws a `RangeError` for what JSON cannot say. */
export function toJson(value: unknown): Json {
  let left = MAX_RESULT_VALUES;

  function convert(part: unknown, depth: number): Json {
    if (--left < 0) throw new RangeError(`the result has more than ${MAX_RESULT_VALUES} values`);
    if (depth > MAX_RESULT_DEPTH) throw new RangeError(`the result is nested deeper than ${MAX_RESULT_DEPTH} levels`);
    if (part === null || typeof part === "string" || typeof part === "boolean") return part;
    if (typeof part === "number") return toFinite(part);
    if (typeof part === "bigint") return toSafe(part);
    if (Array.isArray(part)) return part.map((item) => convert(item, depth + 1));
    if (isPlainObject(part)) return convertObject(part, depth);
    const primitive: unknown = typeof part === "object" ? part.valueOf() : undefined;
    // The library's own class of unsigned integers.
    if (typeof primitive === "bigint") return toSafe(primitive);
    throw new RangeError("the result is neither text, number, boolean, null, list nor map; string(...) may help");
  }

  function convertObject(part: object, depth: number): Json {
    const entries = Object.entries(part).map(([key, item]): [string, Json] => [key, convert(item, depth + 1)]);
    return Object.fromEntries(entries);
  }

  return convert(value, 0);
}

function toFinite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`the result is not a finite number but ${value}; was something divided by zero?`);
}

function toSafe(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(`the result ${value} is larger than a JSON number can hold exactly; use string(...)`);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
