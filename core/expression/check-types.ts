import type { Environment } from "@marcbachmann/cel-js";
import type { ExpressionProblem } from "./analyse.ts";
import { createEnvironment } from "./environment.ts";
import { explainError } from "./explain.ts";
import type { ScopeTypes, ValueType } from "./scope-types.ts";

/** Operands of an expression that never fit, or that its value is not what is `wanted`: the first such thing, if any. */
export function checkTypes(source: string, scope: ScopeTypes, wanted: ValueType): readonly ExpressionProblem[] {
  const checked = typedEnvironment(scope.inputs, scope.locals).check(source);
  if (!checked.valid) {
    const loose = createTypedEnvironment(withoutNumbers(scope.inputs), scope.locals);
    // A number of an input is a double to the library, which takes only ints for a place in a list.
    if (loose.check(source).valid && hasCode(checked.error, "invalid_index_type")) return [];
    return [toProblem(checked.error, source)];
  }
  const found = checked.type ?? "dyn";
  if (fits(found, wanted)) return [];
  return [{ message: `expected ${NAMES[wanted]}, found ${found}`, suggestion: null, start: 0, end: source.length }];
}

const NAMES: Readonly<Record<ValueType, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  list: "a list",
  object: "a map",
  any: "a value",
};

function fits(found: string, wanted: ValueType): boolean {
  if (wanted === "any" || found.startsWith("dyn")) return true;
  switch (wanted) {
    case "string":
      return found === "string";
    case "number":
      return found === "int" || found === "uint" || found === "double";
    case "boolean":
      return found === "bool";
    case "list":
      return found.startsWith("list");
    case "object":
      return found.startsWith("map");
  }
}

const CEL_TYPES: Readonly<Record<ValueType, string>> = {
  string: "string",
  number: "double",
  boolean: "bool",
  list: "list",
  object: "map",
  any: "dyn",
};

/** Only a memo, kept as long as the inputs of a file are: making an environment takes longer than checking an expression. */
const environments = new WeakMap<ScopeTypes["inputs"], Map<string, Environment>>();

function typedEnvironment(inputs: ScopeTypes["inputs"], locals: ScopeTypes["locals"]): Environment {
  const key = [...locals].sort().join(" ");
  const known = environments.get(inputs) ?? new Map<string, Environment>();
  environments.set(inputs, known);
  const environment = known.get(key) ?? createTypedEnvironment(inputs, locals);
  known.set(key, environment);
  return environment;
}

function createTypedEnvironment(inputs: ScopeTypes["inputs"], locals: ScopeTypes["locals"]): Environment {
  const environment = createEnvironment();
  const fields: Record<string, string> = Object.create(null);
  for (const [name, type] of Object.entries(inputs)) fields[name] = CEL_TYPES[type];
  environment.registerType("Inputs", { fields });
  environment.registerVariable("inputs", "Inputs");
  environment.registerVariable("variables", "map");
  environment.registerType("Node", { fields: NODE_TYPES });
  environment.registerVariable("nodes", "map<string, Node>");
  environment.registerVariable("level", "double");
  for (const name of locals) environment.registerVariable(name, "dyn");
  return environment;
}

const NODE_TYPES: Readonly<Record<string, string>> = {
  state: "string",
  result: "dyn",
  files: "list<map<string, dyn>>",
  completed: "double",
  failed: "double",
  skipped: "double",
  total: "double",
  iterations: "double",
};

function withoutNumbers(inputs: ScopeTypes["inputs"]): ScopeTypes["inputs"] {
  return Object.fromEntries(Object.entries(inputs).map(([name, type]) => [name, type === "number" ? "any" : type]));
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** An error of the library as a problem. */
export function toProblem(error: unknown, source: string): ExpressionProblem {
  const range = error instanceof Error && "range" in error ? toRange(error.range) : null;
  const message = explainError(error);
  return { message, suggestion: null, start: range?.start ?? 0, end: range?.end ?? source.length };
}

function toRange(range: unknown): { readonly start: number; readonly end: number } | null {
  if (typeof range !== "object" || range === null || !("start" in range) || !("end" in range)) return null;
  return typeof range.start === "number" && typeof range.end === "number"
    ? { start: range.start, end: range.end }
    : null;
}
