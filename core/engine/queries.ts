import { heapInOrder } from "../base/persistent-heap.ts";
import { mapDifference, mapEntries, mapGet } from "../base/persistent-map.ts";
import type { QueuedAttempt } from "../fleet/queue-entry.ts";
import { RUN_PATH, type Millis, type NodePath } from "../model/id.ts";
import type { NodeLine, RunHead, RunLine } from "../model/run.ts";
import type { WorkflowDefinition } from "../model/workflow.ts";
import { toSpec } from "./attempt-inputs.ts";
import type { EngineTimer, LiveAttempt } from "./attempts.ts";
import type { Collection } from "./command.ts";
import type { Decision } from "./decision.ts";
import { byTurn } from "./fold-attempt.ts";
import { lineOfPlanned, lineOfRecord } from "./node-line.ts";
import { findNode, isFrozen, isHeld, isWithin, nodeAt, parentOf, rootOf } from "./records.ts";
import { workflowValues } from "./scope.ts";
import { isFinal, type RunState } from "./state.ts";
import { workflowState } from "./turn.ts";
import { locate, walkInside, type Walked, type WalkMode } from "./walk.ts";

/**
 * Attempts that wait for an agent, the longest remaining path first, at most `limit` of them: k cost O(k log n). Those that are held
 * are not among them. Rule FLEET-7.
 */
export function queuedAttempts(state: RunState, limit = Infinity): readonly QueuedAttempt[] {
  const queued: QueuedAttempt[] = [];
  if (rootOf(state).hold !== null) return queued;
  for (const { path, seq } of heapInOrder(state.tickets, byTurn)) {
    if (queued.length >= limit) break;
    if (mapGet(state.queue, path)?.ticket.seq !== seq) continue;
    const attempt = queuedAttempt(state, path);
    if (attempt !== null) queued.push(attempt);
  }
  return queued;
}

/** The attempt of one node that waits for an agent; null when it does not, or is held. */
export function queuedAttempt(state: RunState, path: NodePath): QueuedAttempt | null {
  const entry = mapGet(state.queue, path);
  if (entry === undefined || isHeld(state, nodeAt(state, path))) return null;
  const { plan, since, avoid, ticket } = entry;
  return {
    path,
    needs: plan.needs,
    files: plan.filesIn,
    remainingPath: ticket.remainingPath,
    since,
    order: ticket.seq,
    avoid,
  };
}

/** Attempts that agents hold or should hold, for reconciliation after a restart or a reconnect. Rule RUN-8. */
export function liveAttempts(state: RunState): readonly LiveAttempt[] {
  return [...mapEntries(state.live)].flatMap(([path]) => liveAttempt(state, path as NodePath) ?? []);
}

/** The attempt of one node that an agent holds or should hold; null when there is none. */
export function liveAttempt(state: RunState, path: NodePath): LiveAttempt | null {
  const entry = mapGet(state.live, path);
  if (entry === undefined) return null;
  const record = nodeAt(state, path);
  const spec = toSpec(state, record, entry);
  const { globs, needs } = entry.plan;
  const wanted = isFrozen(state, record) ? "suspended" : "running";
  return { key: spec.key, agent: entry.agent, spec, globs, needs, wanted };
}

/** Nodes whose attempt, queued or held by an agent, may differ after a decision; holds apart. Undoing leaves the node itself as it is. */
export function changedAttempts(before: RunState | null, next: RunState): readonly NodePath[] {
  const changed = before === null ? [] : mapDifference(before.queue, next.queue);
  const held = before === null ? [] : mapDifference(before.live, next.live);
  return [...changed, ...held].map((path) => path as NodePath);
}

/** Timers that run, for a start after a crash. Those of what is paused stand still and are not among them. */
export function timers(state: RunState): readonly EngineTimer[] {
  if (isFinal(rootOf(state).state)) return [];
  return [...mapEntries(state.timers)].flatMap(([timer, { due }]) => (due.kind === "at" ? { timer, at: due.at } : []));
}

/** A run without its nodes. */
export function toRunHead(state: RunState): RunHead {
  const root = rootOf(state);
  const { name, inputs, variables, outputs } = workflowValues(root);
  const runState = workflowState(state);
  return {
    run: state.run,
    workflow: name,
    state: runState,
    pauseMode: runState === "paused" ? (root.hold?.mode ?? null) : null,
    reason: root.reason,
    seq: state.seq,
    createdAt: state.createdAt,
    startedAt: root.startedAt,
    endedAt: root.endedAt,
    pausedMs: state.pausedMs as Millis,
    pausedSince: runState === "paused" ? (root.hold?.since ?? null) : null,
    variables,
    inputs,
    outputs,
    error: root.error,
    outFolder: state.out,
    collection: state.collection,
    frozen: state.frozen,
    inFlight: runState === "paused" ? state.live.size - state.frozen : 0,
    counts: state.counts,
    ...(state.origin === null ? {} : { forkedFrom: state.origin }),
  };
}

/** One node; undefined where the run has none of that path (any more). */
export function toNodeLine(state: RunState, path: NodePath): NodeLine | undefined {
  const node = path === RUN_PATH ? undefined : locate(state, path);
  return node === undefined ? undefined : toLine(state, node);
}

/** The whole run, nodes in document order. What composites will have is there before they start, but for items and iterations. */
export function toRunLine(state: RunState): RunLine {
  return linesOf(state, "nodes");
}

/** The whole run in a mode of `walkInside`. */
export function linesOf(state: RunState, mode: WalkMode): RunLine {
  const nodes: NodeLine[] = [];
  for (const node of walkInside(state, { kind: "record", record: rootOf(state) }, mode))
    nodes.push(toLine(state, node));
  return { kind: "run", ...toRunHead(state), nodes };
}

function toLine(state: RunState, node: Walked): NodeLine {
  return node.kind === "record" ? lineOfRecord(state, node.record) : lineOfPlanned(node);
}

/** Sorts the nodes of a run in document order when compared number by number; a node comes before what is in it. */
export function documentOrder(state: RunState, path: NodePath): readonly number[] {
  const order: number[] = [];
  let node = locate(state, path);
  while (node !== undefined) {
    if (node.kind === "planned") {
      order.push(node.position);
      node = locate(state, node.around);
    } else {
      const { record } = node;
      const parent = parentOf(state, record);
      if (parent === undefined) break;
      order.push(record.position);
      node = { kind: "record", record: parent };
    }
  }
  return order.reverse();
}

/** Where the workflow file's own files are, or null. */
export function runFolder(state: RunState): string | null {
  return state.folder;
}

/** Where `collect` brings files, or null. */
export function runOut(state: RunState): string | null {
  return state.out;
}

/** What the run was started with. Rule FILE-8. */
export function runDefinition(state: RunState): WorkflowDefinition {
  return state.definition;
}

/** What is still to be brought home of a completed run: the same as its `collect` command, for a start after a crash. */
export function pendingCollection(state: RunState): readonly Collection[] | null {
  return state.collection?.state === "pending" ? state.collected : null;
}

/**
 * Nodes whose line may differ after a decision, each once; `toNodeLine` gives undefined for one that is no more. Costs what changed,
 * and for a pause or a resume what is idle.
 */
export function changedPaths(before: RunState | null, decision: Decision): readonly NodePath[] {
  const { next, events } = decision;
  const paths = new Set<NodePath>();
  if (before === null) {
    for (const node of walkInside(next, { kind: "record", record: rootOf(next) }, "nodes")) paths.add(pathOf(node));
    return [...paths];
  }
  for (const key of mapDifference(before.nodes, next.nodes)) {
    const path = key as NodePath;
    paths.add(path);
    for (const state of [before, next]) addPlanned(state, path, paths);
  }
  for (const { path, data } of events)
    if (data["kind"] === "held" || data["kind"] === "released") addIdle(next, path, paths);
  if (rootOf(before).state !== rootOf(next).state) addIdle(next, RUN_PATH, paths);
  paths.delete(RUN_PATH);
  return [...paths];
}

function pathOf(node: Walked): NodePath {
  return node.kind === "record" ? node.record.path : node.path;
}

/** What is planned inside a node that has no children changes with it. */
export function addPlanned(state: RunState, path: NodePath, paths: Set<NodePath>): void {
  const record = findNode(state, path);
  if (record === undefined || record.body !== null || record.type === "task") return;
  for (const node of walkInside(state, { kind: "record", record }, "nodes")) paths.add(pathOf(node));
}

/** Idle nodes inside a node: what a hold around them changes. */
export function addIdle(state: RunState, within: NodePath, paths: Set<NodePath>): void {
  for (const [path, record] of mapEntries(state.nodes))
    if (record.state === "idle" && isWithin(path as NodePath, within)) paths.add(path as NodePath);
}
