import type { Json } from "#core/base/json.ts";
import { err, ok, type Result } from "#core/base/result.ts";
import { messageOf } from "./errors.ts";

/** A value as JSON has it, made of fresh objects; nothing at all is null. The error says why a value has no such form. */
export function toJson(value: unknown): Result<Json, string> {
  if (value === undefined) return ok(null);
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) return err(`expected a value that JSON has too, found a ${typeof value}`);
    const plain: Json = JSON.parse(text);
    return ok(plain);
  } catch (error) {
    return err(`expected a value that JSON has too: ${messageOf(error)}`);
  }
}
