import * as z from "zod/mini";
import type { JsonObject } from "#core/base/json.ts";
import type { MethodParams } from "#core/ipc/methods.ts";
import { CommandError } from "./command-error.ts";
import { nearest } from "./nearest.ts";

type RunInputs = MethodParams<"run.start">["inputs"];

/** The part of an inputs' JSON Schema that says how text becomes a value. */
const schemaShape = z.object({
  properties: z.optional(z.record(z.string(), z.object({ type: z.optional(z.string()) }))),
});

/** `--input NAME=VALUE` as values of the types the workflow asks for. Limits and defaults are checked where the run is created. */
export function toInputs(pairs: readonly (readonly [string, string])[], schema: JsonObject): RunInputs {
  const properties = schemaShape.parse(schema).properties ?? {};
  const inputs: RunInputs = {};
  for (const [name, text] of pairs) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined) throw unknownInput(name, Object.keys(properties));
    inputs[name] = toValue(name, text, property.type ?? "string");
  }
  return inputs;
}

function toValue(name: string, text: string, type: string): RunInputs[string] {
  if (type === "string") return text;
  try {
    const value = z.json().parse(JSON.parse(text));
    if (isOfType(value, type)) return value;
  } catch {
    // Said below, with what was expected.
  }
  throw new CommandError(
    "inputs",
    `the input ${name} expects ${EXPECTED[type] ?? `a value of type ${type}`}, found ${text}`,
  );
}

const EXPECTED: Readonly<Record<string, string>> = {
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: 'a JSON list such as ["a","b"]',
  object: 'a JSON object such as {"a":1}',
};

function isOfType(value: unknown, type: string): boolean {
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function unknownInput(name: string, names: readonly string[]): CommandError {
  const near = nearest(name, names);
  const known = names.length === 0 ? "this workflow has no inputs" : `its inputs are ${names.join(", ")}`;
  return new CommandError(
    "inputs",
    `there is no input "${name}"${near === null ? "" : `; did you mean ${near}?`} (${known})`,
  );
}
