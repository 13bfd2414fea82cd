import { isDeeperThan, type Json } from "../base/json.ts";
import type { ValueType } from "../expression/scope-types.ts";
import { MAX_JSON_DEPTH } from "../model/limits.ts";
import type { CollectEntry, Expression, InputDefinition, WorkflowDefinition } from "../model/workflow.ts";
import { toTemplates } from "./actions.ts";
import { toFault } from "./fault.ts";
import { checkInputValue, DEPTH_EXPECTED, describePattern } from "./input-values.ts";
import { collectSetNames, isList, isMap, member, NO_NAMES, Siblings } from "./names.ts";
import { toAlternative, toNodes, type NodeReading } from "./nodes.ts";
import {
  addKeyProblem,
  addProblem,
  addWarning,
  below,
  describePath,
  toExpression,
  type FileScope,
  type Spot,
} from "./place.ts";
import { findRaces } from "./races.ts";
import { documentSchema, FORBIDDEN_NAMES, inputSchema, type RawDocument } from "./schema.ts";
import { checkShape, type Reporter } from "./shape.ts";
import { NO_NEEDS, toNeeds, type Defaults } from "./task.ts";

const STAND_INS = { lanweave: 1, name: "unnamed", nodes: [null] };
const EMPTY: ReadonlySet<never> = new Set<never>();

/** A whole workflow from a file's data; null when its outermost shape is unsound. `level` is that of its nodes. Every problem is reported. */
export function toWorkflow(
  data: Json,
  reporter: Reporter & Pick<FileScope, "checkModule">,
  level: number,
  reading: Omit<NodeReading, "defaults">,
): WorkflowDefinition | null {
  const { value: raw } = checkShape(documentSchema, data, [], reporter, STAND_INS);
  const rawNodes = member(data, "nodes");
  const nodeList = isList(rawNodes) ? rawNodes : [];
  const inputs = toInputs(member(data, "inputs"), reporter);
  const variables = toVariables(member(data, "variables"), reporter);
  const file: FileScope = {
    ...reporter,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, toValueType(input)])),
    variables: new Set([...Object.keys(variables), ...collectSetNames(nodeList)]),
  };
  const spot: Spot = { file, place: { nodes: NO_NAMES, locals: EMPTY }, path: [] };
  const defaults = toDefaults(raw?.defaults, below(spot, "defaults"));
  const nodes = toNodes(nodeList, below(spot, "nodes"), "graph", level, { ...reading, defaults });
  for (const { path, message } of findRaces(nodeList, ["nodes"], (node, id) => toAlternative(node, id, defaults)))
    addWarning({ ...spot, path }, "concurrent-writes", message);
  if (raw === null) return null;
  const ids = new Set(nodes.map((node) => node.id));
  const end: Spot = { ...spot, place: { nodes: new Siblings(ids, null, NO_NAMES), locals: EMPTY } };
  return {
    format: 1,
    name: raw.name,
    description: raw.description ?? "",
    inputs,
    variables,
    nodes,
    outputs: toExpressions(raw.outputs, below(end, "outputs")),
    collect: toCollect(raw.collect, below(end, "collect")),
    onFailure: raw.onFailure ?? "stop",
  };
}

function toMap(data: Json | undefined): Readonly<Record<string, Json>> {
  return isMap(data) ? data : {};
}

function toVariables(data: Json | undefined, { source, problems }: Reporter): Readonly<Record<string, Json>> {
  const variables = toMap(data);
  for (const [name, value] of Object.entries(variables))
    if (isDeeperThan(value, MAX_JSON_DEPTH))
      problems.add(source.locate(["variables", name]), "too-deep", DEPTH_EXPECTED);
  return variables;
}

function toValueType(input: InputDefinition): ValueType {
  return input.type === "integer" ? "number" : input.type;
}

function toDefaults(raw: RawDocument["defaults"], spot: Spot): Defaults {
  // Read once more for each task, together with what it says itself; here only for its problems.
  toFault(raw?.fault, below(spot, "fault"));
  return {
    fault: raw?.fault,
    needs: toNeeds(raw?.needs, below(spot, "needs"), NO_NEEDS),
    environment: toTemplates(raw?.environment, below(spot, "environment")),
    shell: raw?.shell ?? "sh",
    result: raw?.result ?? "text",
  };
}

function toInputs(data: Json | undefined, reporter: Reporter): Readonly<Record<string, InputDefinition>> {
  const inputs: [string, InputDefinition][] = [];
  for (const [name, raw] of Object.entries(toMap(data))) {
    if (FORBIDDEN_NAMES.includes(name)) continue;
    const input = toInput(raw, ["inputs", name], reporter);
    if (input !== null) inputs.push([name, input]);
  }
  return Object.fromEntries(inputs);
}

function toInput(data: Json, path: readonly string[], { source, problems }: Reporter): InputDefinition | null {
  const add = (key: string, message: string): void => problems.add(source.locate([...path, key]), "input", message);
  const { value: raw } = checkShape(inputSchema, data, path, { source, problems });
  if (raw === null) return null;
  const { type, minimum, maximum, pattern } = raw;
  const choices = member(data, "enum");
  const fallback = member(data, "default");
  const isNumber = type === "integer" || type === "number";
  if (minimum !== undefined && !isNumber) add("minimum", `minimum goes with integer and number only, found ${type}`);
  if (maximum !== undefined && !isNumber) add("maximum", `maximum goes with integer and number only, found ${type}`);
  if (minimum !== undefined && maximum !== undefined && minimum > maximum)
    add("maximum", `expected at least the minimum ${minimum}, found ${maximum}`);
  const refusal =
    pattern === undefined
      ? null
      : type === "string"
        ? describePattern(pattern)
        : `pattern goes with string only, found ${type}`;
  if (refusal !== null) add("pattern", refusal);
  const bare: InputDefinition = {
    type,
    description: raw.description ?? "",
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(pattern === undefined || refusal !== null ? {} : { pattern }),
  };
  for (const choice of isList(choices) ? choices : []) {
    const wrong = checkInputValue(bare, choice);
    if (wrong !== null) add("enum", wrong);
  }
  const input: InputDefinition = isList(choices) ? { ...bare, enum: choices } : bare;
  if (fallback === undefined) return input;
  const wrong = checkInputValue(input, fallback);
  if (wrong !== null) add("default", wrong);
  return { ...input, default: fallback };
}

function toExpressions(raw: RawDocument["outputs"], spot: Spot): Readonly<Record<string, Expression>> {
  const entries = Object.entries(raw ?? {});
  return Object.fromEntries(
    entries.map(([name, source]): [string, Expression] => [name, toExpression(below(spot, name), source)]),
  );
}

function toCollect(raw: RawDocument["collect"], spot: Spot): readonly CollectEntry[] {
  return Object.entries(raw ?? {}).map(([to, source]): CollectEntry => {
    const refusal = describePath(to);
    if (refusal !== null) addKeyProblem(below(spot, to), "path", `${refusal}, found "${to}"`);
    if (typeof source !== "string")
      addProblem(below(spot, to), "type", `expected an expression that yields files, found ${source}`);
    return { to, from: toExpression(below(spot, to), source) };
  });
}
