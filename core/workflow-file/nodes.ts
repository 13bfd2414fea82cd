import type { Json } from "../base/json.ts";
import { findNear } from "../expression/near.ts";
import type { Names } from "../expression/scope-types.ts";
import type { NodeDefinition, NodeType, SubworkflowDefinition } from "../model/workflow.ts";
import { toComposite, type Order } from "./composites.ts";
import { toFault } from "./fault.ts";
import { checkGraph } from "./graph.ts";
import { MAX_LEVELS, MAX_NODES } from "./limits.ts";
import { childLists, isList, member, Siblings, toIds } from "./names.ts";
import { addProblem, below, type Place, type Spot } from "./place.ts";
import { ACTION_KEYS, nodeSchemas, STAND_IN_ID, type RawFault, type RawSubworkflow } from "./schema.ts";
import { checkShape, describe } from "./shape.ts";
import { toList, toTask, type Defaults } from "./task.ts";
import type { Vertex } from "./vertex.ts";

/** What reading the nodes of one file needs beside the place they stand at. */
export interface NodeReading {
  readonly defaults: Defaults;
  /** Resolves and reads the file of a subworkflow; null when that failed, which is then reported. */
  readonly readSubworkflow: (
    raw: RawSubworkflow,
    spot: Spot,
    level: number,
  ) => Omit<SubworkflowDefinition, "id" | "label" | "dependsOn" | "fault"> | null;
  /** Counts one node more; false when there are too many. */
  readonly countNode: () => boolean;
}

type NodeBase = Pick<NodeDefinition, "id" | "label" | "dependsOn" | "fault">;

const TYPES: readonly NodeType[] = ["task", "pipeline", "parallel", "conditional", "loop", "subworkflow"];

/**
 * Reads a list of siblings that stands at `spot`; `level` is theirs.  Returns
 * what could be read; whatever could not is reported.
 */
export function toNodes(
  raw: readonly Json[],
  spot: Spot,
  order: Order,
  level: number,
  reading: NodeReading,
): readonly NodeDefinition[] {
  if (level > MAX_LEVELS) {
    addProblem(spot, "too-deep", `nodes are nested deeper than ${MAX_LEVELS} levels`);
    return [];
  }
  const ids = toIds(raw);
  const nodes: NodeDefinition[] = [];
  for (const [index, node] of raw.entries()) {
    const at = below(spot, index);
    if (!reading.countNode()) {
      addProblem(at, "too-many-nodes", `a workflow has at most ${MAX_NODES} nodes`);
      break;
    }
    const definition = toNode(
      node,
      { ...at, place: siblingPlace(spot.place, ids, node, order, index) },
      level,
      reading,
    );
    if (definition !== null) nodes.push(definition);
  }
  const vertices = raw.flatMap((node, index) => toVertex(node, below(spot, index), reading.defaults));
  for (const { path, code, message, suggestion } of checkGraph(vertices, order === "sequence"))
    addProblem({ ...spot, path }, code, message, suggestion);
  return nodes;
}

function siblingPlace(outer: Place, ids: ReadonlySet<string>, node: Json, order: Order, index: number): Place {
  const id = member(node, "id");
  const nodes: Names = new Siblings(ids, typeof id === "string" ? id : null, outer.nodes);
  if (order === "graph") return { nodes, locals: outer.locals };
  const locals = new Set(outer.locals);
  if (index > 0) locals.add("previous");
  return { nodes, locals };
}

function toVertex(node: Json, spot: Spot, defaults: Defaults): readonly Vertex[] {
  const id = member(node, "id");
  if (typeof id !== "string") return [];
  const dependsOn = member(node, "dependsOn");
  return [
    {
      id,
      path: spot.path,
      dependsOn:
        typeof dependsOn === "string" ? [dependsOn] : isList(dependsOn) ? dependsOn.map((name) => String(name)) : [],
      isListed: isList(dependsOn),
      alternative: toAlternative(node, id, defaults),
    },
  ];
}

/** The sibling that stands by for a node. One that tasks inherit is no alternative of its own. Rule FAULT-3. */
export function toAlternative(node: Json, id: string, defaults: Defaults): string | null {
  const then = member(member(node, "fault"), "then");
  if (then === undefined && member(node, "type") === "task") {
    const inherited = defaults.fault?.then;
    const isOther = typeof inherited === "object" && "runAlternative" in inherited && inherited.runAlternative !== id;
    return isOther ? inherited.runAlternative : null;
  }
  const alternative = member(then, "runAlternative");
  return typeof alternative === "string" ? alternative : null;
}

function toNode(raw: Json, spot: Spot, level: number, reading: NodeReading): NodeDefinition | null {
  const type = TYPES.find((each) => each === member(raw, "type"));
  if (type === undefined) return refuseType(raw, spot, level, reading);
  if (type === "task") {
    const shaped = checkShape(nodeSchemas.task, raw, spot.path, spot.file, { id: STAND_IN_ID });
    if (shaped.value === null) return null;
    const base = toBase(shaped.value, { ...reading.defaults.fault, ...shaped.value.fault }, spot);
    return { ...base, ...toTask(shaped.value, shaped.unsound, spot, reading.defaults) };
  }
  if (type === "subworkflow") {
    const { value } = checkShape(nodeSchemas.subworkflow, raw, spot.path, spot.file, { id: STAND_IN_ID });
    const rest = value === null ? null : reading.readSubworkflow(value, spot, level);
    return value === null || rest === null ? null : { ...toBase(value, value.fault, spot), ...rest };
  }
  const composite = toComposite(type, raw, spot, (list, at, order) => toNodes(list, at, order, level + 1, reading));
  return composite === null ? null : { ...toBase(composite.raw, composite.raw.fault, spot), ...composite.definition };
}

interface RawBase {
  readonly id: string;
  readonly label?: string | undefined;
  readonly dependsOn?: string | readonly string[] | undefined;
}

function toBase(raw: RawBase, fault: RawFault | undefined, spot: Spot): NodeBase {
  return {
    id: raw.id,
    label: raw.label ?? "",
    dependsOn: [...new Set(toList(raw.dependsOn))],
    fault: toFault(fault, below(spot, "fault")),
  };
}

/** Who writes `type: sleep` means a task. */
function suggestType(type: Json): string | null {
  if (typeof type !== "string") return null;
  return ACTION_KEYS.some((key) => key === type) ? "task" : findNear(type, TYPES);
}

function refuseType(raw: Json, spot: Spot, level: number, reading: NodeReading): null {
  const type = member(raw, "type");
  const expected = `expected ${TYPES.join(", ").replace(/, (\w+)$/, " or $1")}`;
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    addProblem(spot, "type", `expected a node, which is a map, found ${describe(raw)}`);
  else if (type === undefined) addProblem(spot, "missing-key", `missing "type"; ${expected}`);
  else addProblem(below(spot, "type"), "type", `${expected}, found ${describe(type)}`, suggestType(type));
  for (const { key, list } of childLists(raw)) toNodes(list, below(spot, key), "graph", level + 1, reading);
  return null;
}
