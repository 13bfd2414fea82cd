import type { Json } from "#core/base/json.ts";
import { err, ok, type Result } from "#core/base/result.ts";
import { messageOf } from "./errors.ts";

/**
 * A value as JSON has it, made of fresh objects; nothing at all is null. The error says why a value would not come back the same, as
 * agents say it of what scripts return.
 */
export function toJson(value: unknown): Result<Json, string> {
  if (value === undefined) return ok(null);
  try {
    const text = JSON.stringify(value, refuseOthers);
    const plain: Json = JSON.parse(text);
    return ok(plain);
  } catch (error) {
    return err(`expected a value that JSON has too: ${messageOf(error)}`);
  }
}

function refuseOthers(key: string, value: unknown): unknown {
  const at = key === "" ? "" : ` at "${key}"`;
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`found ${value}${at}`);
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint")
    throw new TypeError(`found a ${typeof value}${at}`);
  if (value instanceof Map || value instanceof Set || value instanceof Promise)
    throw new TypeError(`found a ${value.constructor.name}${at}, which would become {}`);
  return value;
}
