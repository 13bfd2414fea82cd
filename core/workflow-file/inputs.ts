import type { Json, JsonObject } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import { findNear } from "../expression/near.ts";
import type { InputDefinition, WorkflowDefinition } from "../model/workflow.ts";
import { checkInputValue } from "./input-values.ts";

/** What is wrong with one input. */
export interface InputProblem {
  readonly name: string;
  readonly message: string;
}

/** The inputs of a run: what was given, checked, and the defaults of the rest. Reports every problem at once. */
export function checkInputs(
  definition: WorkflowDefinition,
  given: Readonly<Record<string, Json>>,
): Result<JsonObject, readonly InputProblem[]> {
  const problems: InputProblem[] = [];
  const values: [string, Json][] = [];
  for (const name of Object.keys(given))
    if (!Object.hasOwn(definition.inputs, name)) problems.push({ name, message: describeUnknown(definition, name) });
  for (const [name, input] of Object.entries(definition.inputs)) {
    const value = Object.hasOwn(given, name) ? given[name] : input.default;
    if (value === undefined) {
      problems.push({ name, message: `the input "${name}" (${input.type}) is required` });
      continue;
    }
    const refusal = checkInputValue(input, value);
    if (refusal !== null) problems.push({ name, message: `the input "${name}": ${refusal}` });
    values.push([name, value]);
  }
  return problems.length > 0 ? err(problems) : ok(Object.fromEntries(values));
}

/** What the text of `--input name=text` stands for: text as it is, numbers, `true`, `false`, and JSON for lists and maps. */
export function parseInputText(definition: WorkflowDefinition, name: string, text: string): Result<Json, InputProblem> {
  const input = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined;
  if (input === undefined) return err({ name, message: describeUnknown(definition, name) });
  const value = toValue(input, text);
  if (value === undefined)
    return err({ name, message: `the input "${name}": expected ${EXAMPLES[input.type]}, found "${text}"` });
  const refusal = checkInputValue(input, value);
  return refusal === null ? ok(value) : err({ name, message: `the input "${name}": ${refusal}` });
}

const EXAMPLES: Readonly<Record<InputDefinition["type"], string>> = {
  string: "text",
  integer: "a whole number such as 640",
  number: "a number such as 0.5",
  boolean: "true or false",
  list: 'a JSON list such as ["a","b"]',
  object: 'a JSON object such as {"a":1}',
};

function toValue(input: InputDefinition, text: string): Json | undefined {
  switch (input.type) {
    case "string":
      return text;
    case "integer":
    case "number":
      return /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/.test(text) ? Number(text) : undefined;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "list":
    case "object":
      return parseJson(text);
  }
}

function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    // Not JSON is the answer, not a failure; the caller says what was expected.
    return undefined;
  }
}

function describeUnknown(definition: WorkflowDefinition, name: string): string {
  const names = Object.keys(definition.inputs);
  const near = findNear(name, names);
  const known = names.length === 0 ? "it takes none" : `it takes ${names.join(", ")}`;
  return `"${definition.name}" has no input "${name}"${near === null ? "" : ` (did you mean ${near}?)`}; ${known}`;
}

/** The inputs as a JSON Schema, for forms and for other programs. */
export function inputsToJsonSchema(definition: WorkflowDefinition): JsonObject {
  const entries = Object.entries(definition.inputs);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(entries.map(([name, input]) => [name, toJsonSchema(input)])),
    required: entries.filter(([, input]) => input.default === undefined).map(([name]) => name),
    additionalProperties: false,
  };
}

function toJsonSchema(input: InputDefinition): JsonObject {
  const { type, description, ...rest } = input;
  const jsonType = type === "list" ? "array" : type;
  return { type: jsonType, ...(description === "" ? {} : { description }), ...rest };
}
