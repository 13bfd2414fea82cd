import { assert, defined } from "../base/assert.ts";
import { emptyMap, mapGet, mapWith, mapWithout } from "../base/persistent-map.ts";
import type { Json } from "../base/json.ts";
import type { RunEvent } from "../model/event.ts";
import { RUN_PATH, type EpochMs, type NodePath } from "../model/id.ts";
import type { NodeState, RunNodeType } from "../model/run.ts";
import type { NodeDefinition } from "../model/workflow.ts";
import type { Body, NodeRecord, RunState } from "./state.ts";
import { toGraph, toSequence, type Topology } from "./topology.ts";

/** The node at a path that must exist. */
export function nodeAt(state: RunState, path: NodePath): NodeRecord {
  return defined(mapGet(state.nodes, path), `node ${path}`);
}

/** The node at a path, or undefined where none exists (yet). */
export function findNode(state: RunState, path: NodePath): NodeRecord | undefined {
  return mapGet(state.nodes, path);
}

/** The node around another; undefined around the run itself. */
export function parentOf(state: RunState, record: NodeRecord): NodeRecord | undefined {
  return record.parent === null ? undefined : nodeAt(state, record.parent);
}

/** The run itself. */
export function rootOf(state: RunState): NodeRecord {
  return nodeAt(state, RUN_PATH);
}

/** The path of a child written as `id` inside `parent`. */
export function pathOfNode(parent: NodePath, id: string): NodePath {
  return (parent === RUN_PATH ? id : `${parent}/${id}`) as NodePath;
}

/** The path of child `index` (from 0) of a composite that has started. Iterations count from 1 in their paths. Rule FILE-2. */
export function pathOfChild(record: NodeRecord, body: Body, index: number): NodePath {
  if (body.shape === "items") return `${record.path}[${index}]` as NodePath;
  if (body.shape === "iterations") return `${record.path}[${index + 1}]` as NodePath;
  return pathOfNode(record.path, defined(body.nodes[index], `child ${index} of ${record.path}`).id);
}

/** Whether `path` is `within` or inside it. */
export function isWithin(path: NodePath, within: NodePath): boolean {
  if (within === RUN_PATH || path === within) return true;
  if (!path.startsWith(within)) return false;
  const sign = path[within.length];
  return sign === "/" || sign === "[";
}

/** The order among a composite's children, or null where they are groups. */
export function topologyOf(record: NodeRecord, body: Body): Topology | null {
  if (body.shape === "items" || body.shape === "iterations") return null;
  return record.type === "pipeline" || record.type === "conditional" ? toSequence(body.nodes) : toGraph(body.nodes);
}

/** Whether a node or anything around it is paused. */
export function isHeld(state: RunState, record: NodeRecord): boolean {
  return someAround(state, record, (around) => around.hold !== null);
}

/** Whether a node's process should stand still. */
export function isFrozen(state: RunState, record: NodeRecord): boolean {
  return someAround(state, record, (around) => around.hold?.mode === "freeze");
}

function someAround(state: RunState, record: NodeRecord, test: (around: NodeRecord) => boolean): boolean {
  for (let around: NodeRecord | undefined = record; around !== undefined; around = parentOf(state, around))
    if (test(around)) return true;
  return false;
}

/** How long the run has been paused in all, up to `time`. */
export function pausedUntil(state: RunState, time: EpochMs): number {
  const { hold } = rootOf(state);
  return state.pausedMs + (hold === null ? 0 : time - hold.since);
}

/** A clock that stands still while the whole run is paused. */
export function clockOfRun(state: RunState, time: EpochMs): number {
  return time - pausedUntil(state, time);
}

/** Since when, by the clock of the run, pauses of a node or of parts around it hold it; null when none does. */
export function heldSince(state: RunState, record: NodeRecord): number | null {
  let since: number | null = null;
  for (let around: NodeRecord | undefined = record; around !== undefined; around = parentOf(state, around))
    if (around.hold !== null && around.parent !== null) since = Math.min(since ?? Infinity, around.hold.sinceOfRun);
  return since;
}

/** When a node that becomes running did so first. */
export function startOf(
  state: RunState,
  record: NodeRecord,
  { time }: RunEvent,
): Pick<NodeRecord, "startedAt" | "pausedAtStart"> {
  const { startedAt, pausedAtStart } = record;
  return startedAt === null
    ? { startedAt: time, pausedAtStart: pausedUntil(state, time) }
    : { startedAt, pausedAtStart };
}

/** The state with this version of a node. */
export function putNode(state: RunState, record: NodeRecord): RunState {
  if (record.type !== "task") return { ...state, nodes: mapWith(state.nodes, record.path, record) };
  const before = findNode(state, record.path);
  const counts = recount(recount(state.counts, before?.state, -1), record.state, 1);
  return { ...state, counts, nodes: mapWith(state.nodes, record.path, record) };
}

/** The state without a node, whose attempt number is kept for the next of the same path. */
export function dropNode(state: RunState, record: NodeRecord): RunState {
  const counts = record.type === "task" ? recount(state.counts, record.state, -1) : state.counts;
  const attempts = record.attempt > 0 ? mapWith(state.attempts, record.path, record.attempt) : state.attempts;
  return { ...state, counts, attempts, nodes: mapWithout(state.nodes, record.path) };
}

function recount(counts: RunState["counts"], of: NodeState | undefined, change: 1 | -1): RunState["counts"] {
  return of === undefined ? counts : { ...counts, [of]: counts[of] + change };
}

/** What is known of a node when it comes into being. */
export interface Birth {
  readonly path: NodePath;
  readonly parent: NodePath | null;
  readonly position: number;
  readonly level: number;
  readonly type: RunNodeType | "workflow";
  readonly definition: NodeDefinition | null;
  readonly counts: boolean;
  readonly item: Json;
  readonly unmet: number;
  readonly readyAt: EpochMs | null;
  readonly was: NodePath | null;
}

/** A new idle node. */
export function createNode(state: RunState, birth: Birth): NodeRecord {
  return {
    ...birth,
    ...START,
    attempt: mapGet(state.attempts, birth.path) ?? 0,
    startedAt: null,
    pausedAtStart: 0,
    executionMs: 0,
    tries: 0,
    undone: 0,
    losses: 0,
    active: false,
    body: null,
  };
}

/** What every node has before it starts, however often it did before. */
export const START = {
  state: "idle",
  reason: null,
  settlement: null,
  after: "none",
  delayMs: null,
  skipCause: null,
  fell: false,
  agent: null,
  progress: null,
  result: null,
  files: [],
  error: null,
  endedAt: null,
  runningSince: null,
  pausedBefore: 0,
  endedSeq: 0,
  hold: null,
  isUndone: false,
  undoing: null,
  kept: null,
  fresh: false,
  stale: false,
} as const satisfies Partial<NodeRecord>;

/** The body of a composite; asserts that it has one. */
export function bodyOf(record: NodeRecord): Body {
  assert(record.body !== null, `${record.path} has not started`);
  return record.body;
}

/** Counters of a run without nodes. */
export const NO_COUNTS: RunState["counts"] = {
  idle: 0,
  running: 0,
  suspended: 0,
  completed: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
};

/** What a new run has beside its definition. */
export const NOTHING_YET = {
  nodes: emptyMap<NodeRecord>(),
  queue: emptyMap<never>(),
  tickets: null,
  live: emptyMap<never>(),
  frozen: 0,
  timers: emptyMap<never>(),
  deferred: emptyMap<number>(),
  attempts: emptyMap<number>(),
  fence: 0,
  counts: NO_COUNTS,
  pausedMs: 0,
  collected: [],
  collection: null,
  origin: null,
  kept: null,
} as const satisfies Partial<RunState>;
