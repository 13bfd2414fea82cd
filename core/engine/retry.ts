import type { NodePath } from "../model/id.ts";
import { stopUndoing } from "./compensate.ts";
import { cancelNode } from "./end-node.ts";
import { childPaths } from "./child-paths.ts";
import { dependantsOf } from "./fold-settle.ts";
import { judgeNode } from "./kinds.ts";
import { findNode, nodeAt, parentOf, pathOfChild, topologyOf } from "./records.ts";
import { isFinal, type NodeRecord } from "./state.ts";
import { emit, type Refusal, type Turn } from "./turn.ts";

/** Whether the node is to start, or to be ended by hand at once: then an iteration keeps its place in its loop. */
export type Target = "starts" | "ends";

/**
 * Sends a final node and everything downstream of it back to idle, and what is around it back to running. What fell with it goes on
 * where it was; the rest keeps its results. Rule RUN-6.
 */
export function sendBack(turn: Turn, path: NodePath, by: string, target: Target): Refusal {
  const chain = chainOf(turn, path);
  const idle = chain.find((outer) => nodeAt(turn.state, outer).state === "idle");
  if (idle !== undefined)
    return { code: "wrong-state", message: `${idle}, which holds ${path}, is about to start again` };
  stopLoops(turn, path, chain, target);
  for (const outer of [path, ...chain]) stopUndoing(turn, outer, `${path} runs again`);
  const closed = chain.filter((outer) => isFinal(nodeAt(turn.state, outer).state));
  const reopened: NodePath[] = [];
  let inner = path;
  reset(turn, path, by, `to run again, by ${by}`);
  for (const outer of chain) {
    const kept = keptIterations(turn, outer, inner, inner === path && target === "starts");
    resetDownstream(turn, inner, by);
    reopen(turn, outer, by, kept, reopened);
    inner = outer;
  }
  for (const outer of reopened.toReversed()) restart(turn, outer);
  for (const outer of closed.toReversed()) reopenFallen(turn, outer, by);
  for (const outer of chain.toReversed()) turn.work.push(outer, ...fallenIn(turn, outer));
  return null;
}

/** Those that did not end well: whoever waits for them is told so anew, and what follows from them does. */
function fallenIn(turn: Turn, path: NodePath): readonly NodePath[] {
  return childPaths(turn.state, nodeAt(turn.state, path)).filter((child) => {
    const record = nodeAt(turn.state, child);
    return hasFallen(record) || (record.state === "failed" && record.settlement === null);
  });
}

/** Everything around a node, nearest first, the run last. */
function chainOf(turn: Turn, path: NodePath): readonly NodePath[] {
  const chain: NodePath[] = [];
  for (let around = parentOf(turn.state, nodeAt(turn.state, path)); around; around = parentOf(turn.state, around))
    chain.push(around.path);
  return chain;
}

/** A loop under way whose earlier iteration runs again ends here, with the iterations after that one. */
function stopLoops(turn: Turn, path: NodePath, chain: readonly NodePath[], target: Target): void {
  let inner = path;
  for (const outer of chain) {
    const record = nodeAt(turn.state, outer);
    const later = (record.body?.count ?? 0) - nodeAt(turn.state, inner).position - 1;
    if (
      record.body?.shape === "iterations" &&
      !isFinal(record.state) &&
      (later > 0 || (inner === path && target === "starts"))
    )
      cancelNode(turn, outer, "one of its iterations runs again", { by: null, fell: true });
    inner = outer;
  }
}

function reset(turn: Turn, path: NodePath, by: string, reason: string): void {
  emit(turn, path, { kind: "reset", by, keeps: false, kept: null }, reason);
}

/** How many iterations of a loop stay when something in one of them runs again; null where that does not matter. */
function keptIterations(turn: Turn, outer: NodePath, inner: NodePath, isDropped: boolean): number | null {
  if (nodeAt(turn.state, outer).body?.shape !== "iterations") return null;
  const { position } = nodeAt(turn.state, inner);
  return isDropped ? position : position + 1;
}

/** Whatever comes after a node among its siblings starts over, and so does its standby. */
function resetDownstream(turn: Turn, path: NodePath, by: string): void {
  const seen = new Set<NodePath>([path]);
  const pending = [...downstreamOf(turn, nodeAt(turn.state, path))];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const record = nodeAt(turn.state, next);
    pending.push(...downstreamOf(turn, record));
    if (!isFinal(record.state) && (record.state !== "idle" || record.active))
      cancelNode(turn, next, `${path} runs again`, { by: null, fell: true });
    stopUndoing(turn, next, `${path} runs again`);
    if (isFinal(nodeAt(turn.state, next).state)) reset(turn, next, by, `${path} runs again, by ${by}`);
  }
}

/** Dependants of a node, its standby, and of a standby those in whose place it ran: who completed by itself did not need it. */
function downstreamOf(turn: Turn, record: NodeRecord): readonly NodePath[] {
  const parent = parentOf(turn.state, record);
  const body = parent?.body;
  const topology = parent === undefined || body === undefined || body === null ? null : topologyOf(parent, body);
  if (parent === undefined || body === undefined || body === null || topology === null) return [];
  const index = record.position - body.offset;
  const then = record.definition?.fault.then;
  const standby = then?.kind === "runAlternative" ? topology.index.get(then.id) : undefined;
  const at = (one: number) => findNode(turn.state, pathOfChild(parent, body, one));
  const usersOf = (one: number) => (topology.standbys.get(one) ?? []).filter((user) => at(user)?.state === "failed");
  // One that still waits for it goes on waiting.
  const resolved = usersOf(index).filter((user) => at(user)?.settlement !== null);
  const found = [...(topology.dependants[index] ?? []), ...resolved];
  // It stays as it is while it stands for another node as well.
  if (standby !== undefined && usersOf(standby).every((user) => user === index)) found.push(standby);
  return found.map((one) => pathOfChild(parent, body, one)).filter((path) => findNode(turn.state, path) !== undefined);
}

/** What is around the node goes back to idle with its children, to be restarted when all around it is. */
function reopen(turn: Turn, path: NodePath, by: string, kept: number | null, reopened: NodePath[]): void {
  const record = nodeAt(turn.state, path);
  if (!isFinal(record.state)) return;
  const keeps = kept !== 0;
  emit(turn, path, { kind: "reset", by, keeps, kept }, `something in it runs again, by ${by}`);
  if (keeps && record.parent !== null) reopened.push(path);
}

function restart(turn: Turn, path: NodePath): void {
  const data = { kind: "started", contents: { shape: "kept" }, timeoutAt: null, totalAt: null } as const;
  emit(turn, path, data, "something in it runs again");
}

/**
 * What was cancelled because something around it ended goes on where it was. Where that is not enough for the composite to complete,
 * what did not end well in it starts over, too.
 */
function reopenFallen(turn: Turn, top: NodePath, by: string): void {
  const pending = [top];
  const reopened = [top];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const child of childPaths(turn.state, nodeAt(turn.state, path))) {
      const record = nodeAt(turn.state, child);
      // It failed, and what was to follow had not followed when its parent ended.
      if (record.state === "failed" && record.settlement === null)
        reset(turn, child, by, `it was to be tried again; started by ${by}`);
      if (record.skipCause === "standby")
        reset(turn, child, by, `it may be needed now: something runs again, by ${by}`);
      if (record.state !== "cancelled" || !record.fell) continue;
      if (record.body === null) {
        reset(turn, child, by, `what stopped it runs again, by ${by}`);
        continue;
      }
      emit(turn, child, { kind: "reset", by, keeps: true, kept: null }, `what stopped it runs again, by ${by}`);
      restart(turn, child);
      pending.push(child);
      reopened.push(child);
      turn.work.push(child);
    }
  }
  for (const path of reopened) {
    resetFallen(turn, path, by);
    turn.work.push(...fallenIn(turn, path));
  }
}

function resetFallen(turn: Turn, path: NodePath, by: string): void {
  const record = nodeAt(turn.state, path);
  const { body } = record;
  if (body === null || body.shape === "iterations") return;
  if (judgeNode(record, body).kind !== "fail" && !waitsForFallen(turn, record)) return;
  for (const child of childPaths(turn.state, record))
    if (hasFallen(nodeAt(turn.state, child))) reset(turn, child, by, `to run again, by ${by}`);
}

function hasFallen({ counts, settlement }: NodeRecord): boolean {
  return counts && (settlement === "failed" || settlement === "cancelled");
}

/** Whether a node in it can never start, since one it depends on did not end well. */
function waitsForFallen(turn: Turn, record: NodeRecord): boolean {
  const children = childPaths(turn.state, record).map((child) => nodeAt(turn.state, child));
  const fallen = children.filter(hasFallen);
  return fallen.some((child) => dependantsOf(turn.state, child).some(({ state }) => state === "idle"));
}
