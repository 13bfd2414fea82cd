import type { Json, JsonObject } from "../base/json.ts";
import { renderTree } from "../expression/evaluate.ts";
import type { ScopeValues } from "../expression/scope.ts";
import type { InputDefinition, SubworkflowDefinition } from "../model/workflow.ts";
import type { Opening } from "./opening.ts";
import { describeType } from "./parallel.ts";
import { findDepthProblem } from "./value-limits.ts";

/** A subworkflow starts with the inputs its `with` gives it, defaults filled in, types checked. Rule NODE-9. */
export function openSubworkflow(definition: SubworkflowDefinition, scope: ScopeValues): Opening {
  const entries: [string, Json][] = [];
  for (const [name, tree] of Object.entries(definition.with)) {
    if (!Object.hasOwn(definition.definition.inputs, name))
      return fail(`"${definition.workflow}" has no input "${name}"`);
    const value = renderTree(tree, scope);
    if (!value.ok) return { kind: "fail", failure: value.error };
    const depth = findDepthProblem(value.value);
    if (depth !== null) return fail(`an input ${depth}: "${name}" of "${definition.workflow}"`);
    entries.push([name, value.value]);
  }
  const given: JsonObject = Object.fromEntries(entries);
  const inputs: [string, Json][] = [];
  for (const [name, input] of Object.entries(definition.definition.inputs)) {
    const value = Object.hasOwn(given, name) ? given[name] : input.default;
    if (value === undefined)
      return fail(`"${definition.workflow}" needs the input "${name}", which "with" does not give`);
    const problem = findProblem(input, value);
    if (problem !== null) return fail(`input "${name}" of "${definition.workflow}": ${problem}`);
    inputs.push([name, value]);
  }
  const contents = { shape: "workflow", inputs: Object.fromEntries(inputs) } as const;
  return { kind: "open", contents, reason: `workflow "${definition.definition.name}" begins` };
}

function findProblem(input: InputDefinition, value: Json): string | null {
  if (!isOfType(input.type, value)) return `expected ${input.type}, found ${describeType(value)}`;
  if (typeof value === "number" && input.minimum !== undefined && value < input.minimum)
    return `expected at least ${input.minimum}, found ${value}`;
  if (typeof value === "number" && input.maximum !== undefined && value > input.maximum)
    return `expected at most ${input.maximum}, found ${value}`;
  if (input.enum !== undefined && !input.enum.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value)))
    return `expected one of ${JSON.stringify(input.enum)}, found ${JSON.stringify(value)}`;
  return null;
}

function isOfType(type: InputDefinition["type"], value: Json): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "list":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function fail(message: string): Opening {
  return { kind: "fail", failure: { code: "input", message } };
}
