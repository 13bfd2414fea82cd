import { assert, defined } from "../base/assert.ts";
import { heapWith, type PersistentHeap } from "../base/persistent-heap.ts";
import { mapGet } from "../base/persistent-map.ts";
import type { EpochMs, NodePath } from "../model/id.ts";
import type { NodeDefinition } from "../model/workflow.ts";
import type { Contents, Tally } from "../nodes/opening.ts";
import { childPaths } from "./child-paths.ts";
import { ALL_TIMERS, clearTimers } from "./fold-timer.ts";
import { matchItems } from "./kept.ts";
import { itemMark } from "./recipe.ts";
import { createNode, dropNode, findNode, nodeAt, pathOfChild, pathOfNode, putNode, topologyOf } from "./records.ts";
import type { Body, NodeRecord, RunState, WorkflowValues } from "./state.ts";

const NO_TALLY: Tally = { total: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };

/** Orders positions; for every use of `Body.ready`. */
export function byPosition(a: number, b: number): number {
  return a - b;
}

/** Gives a composite its children, as its contents say. */
export function openBody(state: RunState, record: NodeRecord, contents: Contents, time: EpochMs): RunState {
  const body = toBody(state, record, contents);
  let next = state;
  let ready: PersistentHeap<number> = null;
  let total = 0;
  const topology = topologyOf(record, body);
  const itemsWere = body.shape === "items" ? itemsOfOriginal(state, record, body) : null;
  for (let index = 0; index < body.count; index += 1) {
    const unmet = topology?.dependencies[index]?.length ?? 0;
    const counts = topology === null || !topology.standbys.has(index);
    const isReady = counts && unmet === 0;
    if (counts) total += 1;
    if (isReady) ready = heapWith(ready, index, byPosition);
    const readyAt = isReady ? time : null;
    const was = wasOfChild(record, body, itemsWere === null ? index : (itemsWere[index] ?? null));
    next = putNode(next, createChild(next, record, body, index, { unmet, counts, readyAt, was }));
  }
  return putNode(next, { ...record, body: { ...body, ready, tally: { ...NO_TALLY, total } } });
}

function toBody(state: RunState, record: NodeRecord, contents: Contents): Body {
  const blank = {
    branch: null,
    offset: 0,
    items: [],
    times: null,
    tally: NO_TALLY,
    fall: null,
    active: 0,
    ready: null,
    fresh: false,
  };
  const nodes = nodesOf(state, record, contents.shape === "nodes" ? contents.branch : null);
  switch (contents.shape) {
    case "nodes": {
      const { branch } = contents;
      const offset = branch === "else" && record.definition?.type === "conditional" ? record.definition.then.length : 0;
      return { ...blank, shape: "nodes", branch, offset, nodes, count: nodes.length, values: null };
    }
    case "items":
      return { ...blank, shape: "items", nodes, items: contents.items, count: contents.items.length, values: null };
    case "iterations":
      return { ...blank, shape: "iterations", nodes, count: 0, times: contents.times, values: null };
    case "workflow":
      return { ...blank, shape: "workflow", nodes, count: nodes.length, values: toValues(state, record, contents) };
  }
}

function toValues(state: RunState, { definition }: NodeRecord, { inputs }: { inputs: WorkflowValues["inputs"] }) {
  const workflow = definition?.type === "subworkflow" ? definition.definition : state.definition;
  return { name: workflow.name, inputs, variables: workflow.variables, outputs: null };
}

/** The nodes a composite was written with; of a conditional, those of one branch. */
function nodesOf(state: RunState, { definition }: NodeRecord, branch: Body["branch"]): readonly NodeDefinition[] {
  if (definition === null) return state.definition.nodes;
  switch (definition.type) {
    case "task":
      return [];
    case "conditional":
      return branch === null ? [] : definition[branch];
    case "subworkflow":
      return definition.definition.nodes;
    case "pipeline":
    case "parallel":
    case "loop":
      return definition.nodes;
  }
}

/** In a fork, what each item was in the original. Null in any other run, and where there was no list. */
function itemsOfOriginal(state: RunState, { was }: NodeRecord, { items }: Body): readonly (number | null)[] | null {
  const before = state.kept === null || was === null ? undefined : mapGet(state.kept.ends, was);
  return before === undefined ? null : matchItems(before.items, items.map(itemMark));
}

function wasOfChild(parent: NodeRecord, body: Body, index: number | null): NodePath | null {
  return parent.was === null || index === null ? null : pathOfChild({ ...parent, path: parent.was }, body, index);
}

type Place = Pick<NodeRecord, "unmet" | "counts" | "readyAt" | "was">;

function createChild(state: RunState, parent: NodeRecord, body: Body, index: number, place: Place): NodeRecord {
  const isGroup = body.shape === "items" || body.shape === "iterations";
  const definition = isGroup ? parent.definition : defined(body.nodes[index], `child ${index} of ${parent.path}`);
  return createNode(state, {
    ...place,
    path: pathOfChild(parent, body, index),
    parent: parent.path,
    position: body.offset + index,
    level: parent.level + 1,
    type: isGroup ? "group" : (definition?.type ?? "group"),
    definition,
    item: body.items[index] ?? null,
  });
}

/** Adds the next iteration of a loop, idle. */
export function addIteration(state: RunState, path: NodePath, time: EpochMs): RunState {
  const loop = nodeAt(state, path);
  assert(loop.body !== null && loop.body.shape === "iterations", `${path} is not a loop that has started`);
  const body = loop.body;
  const group = createChild(state, loop, body, body.count, {
    unmet: 0,
    counts: true,
    readyAt: time,
    was: wasOfChild(loop, body, body.count),
  });
  const tally = { ...body.tally, total: body.tally.total + 1 };
  return putNode(putNode(state, group), { ...loop, body: { ...body, count: body.count + 1, tally } });
}

/** Adds a node of the branch that a conditional did not take, idle. */
export function addApart(state: RunState, apart: { parent: NodePath; position: number }): RunState {
  const parent = nodeAt(state, apart.parent);
  assert(parent.definition?.type === "conditional", `${apart.parent} is not a conditional`);
  const { then, else: otherwise } = parent.definition;
  const definition = defined([...then, ...otherwise][apart.position], `node ${apart.position} of ${apart.parent}`);
  const birth = { ...apart, path: pathOfNode(parent.path, definition.id), level: parent.level + 1 };
  const was = parent.was === null ? null : pathOfNode(parent.was, definition.id);
  const place = { was, type: definition.type, definition, counts: false, item: null, unmet: 0, readyAt: null };
  return putNode(state, createNode(state, { ...birth, ...place }));
}

/** Removes everything inside a node; what it was stays countable by its attempts. `from`: only the children from there on. */
export function clearInside(state: RunState, path: NodePath, from: number): RunState {
  const top = nodeAt(state, path);
  let next = state;
  const pending = childPaths(state, top).slice(from);
  for (let child = pending.pop(); child !== undefined; child = pending.pop()) {
    const record = findNode(next, child);
    if (record === undefined) continue;
    for (const inner of childPaths(next, record)) pending.push(inner);
    next = clearTimers(dropNode(next, record), child, ALL_TIMERS);
  }
  return putNode(next, { ...top, body: from === 0 ? null : trim(next, top, from) });
}

/** A loop's body with only its first iterations. */
function trim(state: RunState, record: NodeRecord, count: number): Body | null {
  if (record.body === null) return null;
  const tally = { ...NO_TALLY, total: count };
  let active = 0;
  for (let index = 0; index < count; index += 1) {
    const child = nodeAt(state, pathOfChild(record, record.body, index));
    if (child.settlement !== null) tally[child.settlement] += 1;
    if (child.active) active += 1;
  }
  return { ...record.body, count, tally, active, ready: null, fall: null };
}
