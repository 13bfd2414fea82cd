import type { Json } from "../base/json.ts";
import type { NodeScope, ScopeValues } from "../expression/scope.ts";
import type { NodePath } from "../model/id.ts";
import { findNode, nodeAt, parentOf, pathOfChild, pathOfNode, rootOf, topologyOf } from "./records.ts";
import type { NodeRecord, RunState, WorkflowValues } from "./state.ts";

/** What the expressions of a node may see. Rule FILE-5. */
export function scopeOf(state: RunState, record: NodeRecord): ScopeValues {
  const around = aroundOf(state, record);
  return { ...valuesOf(state, record, around), nodes: nodesIn(state, around), ...placeOf(state, record, around) };
}

/** What the `outputs` and `collect` of a workflow may see: its own nodes. */
export function scopeInside(state: RunState, workflow: NodeRecord): ScopeValues {
  return { ...valuesOf(state, workflow, [workflow]), nodes: nodesIn(state, [workflow]) };
}

/** What the condition of a loop may see: its siblings and the nodes of its last iteration, whose result is `previous`. Rule NODE-8. */
export function scopeOfLoop(state: RunState, loop: NodeRecord): ScopeValues {
  const done = loop.body?.count ?? 0;
  const last = loop.body === null || done === 0 ? undefined : nodeAt(state, pathOfChild(loop, loop.body, done - 1));
  const around = aroundOf(state, loop);
  const nodes = nodesIn(state, last === undefined ? around : [last, ...around]);
  const place = placeOf(state, loop, around);
  return { ...valuesOf(state, loop, around), ...place, nodes, iteration: done, previous: last?.result ?? null };
}

/** The composites around a node up to and with the workflow it belongs to, nearest first. */
function aroundOf(state: RunState, record: NodeRecord): readonly NodeRecord[] {
  const around: NodeRecord[] = [];
  for (let parent = parentOf(state, record); parent !== undefined; parent = parentOf(state, parent)) {
    around.push(parent);
    if (parent.body !== null && parent.body.values !== null) break;
  }
  return around;
}

function valuesOf(
  state: RunState,
  record: NodeRecord,
  around: readonly NodeRecord[],
): Pick<ScopeValues, "inputs" | "variables" | "level"> {
  const { inputs, variables } = workflowValues(around.at(-1) ?? rootOf(state));
  return { inputs, variables, level: record.level };
}

/** Inputs and variables of a workflow that has been opened. */
export function workflowValues(workflow: NodeRecord): WorkflowValues {
  return workflow.body?.values ?? { name: "", inputs: {}, variables: {}, outputs: null };
}

/** The name of the workflow a node belongs to. */
export function workflowNameOf(state: RunState, record: NodeRecord): string {
  return workflowValues(aroundOf(state, record).at(-1) ?? rootOf(state)).name;
}

/** Nodes by id, looked up when asked: a workflow may have thousands of siblings and an expression names a few. */
function nodesIn(state: RunState, around: readonly NodeRecord[]): ScopeValues["nodes"] {
  const target: Record<string, NodeScope> = {};
  return new Proxy(target, {
    get(_, id) {
      if (typeof id !== "string") return undefined;
      for (const { path } of around) {
        const found = findNode(state, pathOfNode(path, id));
        if (found !== undefined) return toNodeScope(found);
      }
      return undefined;
    },
  });
}

function toNodeScope(record: NodeRecord): NodeScope {
  const isParallel = record.type === "parallel";
  const tally = isParallel ? record.body?.tally : undefined;
  return {
    state: record.state,
    result: record.result,
    files: record.files,
    completed: tally?.completed ?? 0,
    failed: tally === undefined ? 0 : tally.failed + tally.cancelled,
    skipped: tally?.skipped ?? 0,
    total: tally?.total ?? 0,
    iterations: record.type === "loop" ? (record.body?.count ?? 0) : 0,
  };
}

type Place = Pick<ScopeValues, "item" | "index" | "iteration" | "previous">;

/** What comes from the groups and sequences around a node; of each kind the nearest counts. */
function placeOf(state: RunState, record: NodeRecord, around: readonly NodeRecord[]): Place {
  let place: Place = {};
  let inner = record;
  for (const outer of around) {
    if (inner.type === "group" && outer.body?.shape === "items" && place.index === undefined)
      place = { ...place, item: inner.item, index: inner.position };
    if (inner.type === "group" && outer.body?.shape === "iterations" && place.iteration === undefined)
      place = { ...place, iteration: inner.position + 1 };
    if (place.previous === undefined) {
      const previous = previousOf(state, inner, outer);
      if (previous !== undefined) place = { ...place, previous };
    }
    inner = outer;
  }
  return place;
}

/** The result of the node or iteration before, null before the first; undefined where there is no such order. Rule NODE-4. */
function previousOf(state: RunState, inner: NodeRecord, outer: NodeRecord): Json | undefined {
  const { body } = outer;
  if (body === null) return undefined;
  if (body.shape === "iterations")
    return inner.position === 0 ? null : nodeAt(state, pathOfChild(outer, body, inner.position - 1)).result;
  if (outer.type !== "pipeline" && outer.type !== "conditional") return undefined;
  const index = topologyOf(outer, body)?.previous[inner.position - body.offset] ?? -1;
  return index < 0 ? null : nodeAt(state, pathOfChild(outer, body, index)).result;
}

/** The sibling that stands by for a node, if its policy names one. Rule FAULT-3. */
export function alternativePath(record: NodeRecord): NodePath | null {
  const then = record.type === "group" ? undefined : record.definition?.fault.then;
  if (then?.kind !== "runAlternative" || record.parent === null) return null;
  return pathOfNode(record.parent, then.id);
}
