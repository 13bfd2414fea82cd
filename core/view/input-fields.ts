import type { Json, JsonObject } from "../base/json.ts";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";

/** One field of the form that starts a run. `text` is what the field holds at first. */
export interface InputField {
  readonly name: string;
  readonly kind: "text" | "integer" | "number" | "boolean" | "choice" | "json";
  readonly description: string;
  readonly isRequired: boolean;
  readonly text: string;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly pattern: string | null;
  readonly choices: readonly Json[];
}

/** What is wrong with what was typed; the words are the catalogue's. */
export type FieldProblem =
  | { readonly kind: "required" }
  | { readonly kind: "not-a-number" }
  | { readonly kind: "not-whole" }
  | { readonly kind: "too-small"; readonly limit: number }
  | { readonly kind: "too-large"; readonly limit: number }
  | { readonly kind: "pattern"; readonly pattern: string }
  | { readonly kind: "not-json" };

/** The fields of an inputs schema (JSON Schema of an object), in its order. Kinds it does not know are typed in as JSON. */
export function toInputFields(schema: JsonObject): readonly InputField[] {
  const properties = asObject(schema["properties"]);
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).map(([name, value]) => {
    const property = asObject(value);
    const choices = Array.isArray(property["enum"]) ? property["enum"] : [];
    const kind = choices.length > 0 ? "choice" : fieldKind(property["type"]);
    const initial = property["default"];
    return {
      name,
      kind,
      description: typeof property["description"] === "string" ? property["description"] : "",
      isRequired: required.includes(name) && initial === undefined,
      text: initial === undefined ? "" : toText(initial, kind),
      minimum: asNumber(property["minimum"]),
      maximum: asNumber(property["maximum"]),
      pattern: typeof property["pattern"] === "string" ? property["pattern"] : null,
      choices,
    };
  });
}

/** The inputs typed in, or every problem by field name. An empty field that is not required is left out. */
export function readInputs(
  fields: readonly InputField[],
  texts: Readonly<Record<string, string>>,
): Result<Record<string, Json>, ReadonlyMap<string, FieldProblem>> {
  const inputs: Record<string, Json> = {};
  const problems = new Map<string, FieldProblem>();
  for (const field of fields) {
    const text = texts[field.name] ?? field.text;
    if (text.trim() === "" && field.kind !== "boolean") {
      if (field.isRequired) problems.set(field.name, { kind: "required" });
      continue;
    }
    const read = readField(field, text);
    if (read.ok) inputs[field.name] = read.value;
    else problems.set(field.name, read.error);
  }
  return problems.size === 0 ? ok(inputs) : err(problems);
}

function readField(field: InputField, text: string): Result<Json, FieldProblem> {
  switch (field.kind) {
    case "boolean":
      return ok(text === "true");
    case "integer":
    case "number":
      return readNumber(field, text);
    case "choice":
      return ok(field.choices.find((choice) => toText(choice, "choice") === text) ?? text);
    case "json":
      return readJson(text);
    case "text":
      return matches(field.pattern, text) ? ok(text) : err({ kind: "pattern", pattern: field.pattern ?? "" });
  }
}

function readNumber(field: InputField, text: string): Result<Json, FieldProblem> {
  const value = Number(text);
  if (!Number.isFinite(value)) return err({ kind: "not-a-number" });
  if (field.kind === "integer" && !Number.isInteger(value)) return err({ kind: "not-whole" });
  if (field.minimum !== null && value < field.minimum) return err({ kind: "too-small", limit: field.minimum });
  if (field.maximum !== null && value > field.maximum) return err({ kind: "too-large", limit: field.maximum });
  return ok(value);
}

function readJson(text: string): Result<Json, FieldProblem> {
  try {
    return ok(JSON.parse(text) as Json);
  } catch {
    return err({ kind: "not-json" });
  }
}

/** The coordinator tests the pattern again; one this engine cannot read is left to it. */
function matches(pattern: string | null, text: string): boolean {
  if (pattern === null) return true;
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

/** A value as a field shows it. */
export function toText(value: Json, kind: InputField["kind"]): string {
  return typeof value === "string" && kind !== "json" ? value : JSON.stringify(value);
}

function fieldKind(type: Json | undefined): InputField["kind"] {
  if (type === "string") return "text";
  return type === "integer" || type === "number" || type === "boolean" ? type : "json";
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function asNumber(value: Json | undefined): number | null {
  return typeof value === "number" ? value : null;
}
