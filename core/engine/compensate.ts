import { mapHas } from "../base/persistent-map.ts";
import type { NodePath } from "../model/id.ts";
import type { NodeFailure } from "../model/run.ts";
import { planAttempt } from "../nodes/task.ts";
import { stopAttempt } from "./stop-attempt.ts";
import { childPaths } from "./child-paths.ts";
import { findNode, nodeAt, parentOf } from "./records.ts";
import { scopeOf } from "./scope.ts";
import type { NodeRecord, RunState } from "./state.ts";
import { emit, type Turn } from "./turn.ts";

/** How far undoing has come. */
export type Undoing =
  | { readonly kind: "under-way" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly failure: NodeFailure };

/** Begins to undo the completed tasks inside a node, newest first, and the node itself if it is a task. Rule FAULT-4. */
export function beginUndoing(turn: Turn, path: NodePath, failure: NodeFailure): void {
  const paths = undoable(turn.state, path);
  const reason = `${paths.length} tasks are to be undone: ${failure.message}`;
  emit(turn, path, { kind: "undoing", paths, failure }, reason);
}

function undoable(state: RunState, path: NodePath): readonly NodePath[] {
  const found: NodeRecord[] = [];
  const pending: NodePath[] = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const record = findNode(state, next);
    if (record === undefined) continue;
    for (const inner of childPaths(state, record)) pending.push(inner);
    const { definition } = record;
    if (record.type !== "task" || definition?.type !== "task" || definition.compensate === null) continue;
    // What the original did is not the fork's to undo.
    if (record.kept !== null) continue;
    if (!record.isUndone && (record.state === "completed" || next === path)) found.push(record);
  }
  return found.sort((a, b) => b.endedSeq - a.endedSeq).map((record) => record.path);
}

/** Puts the next task to be undone into the queue, unless one is under way or none is left. */
export function continueUndoing(turn: Turn, path: NodePath): Undoing {
  const { undoing } = nodeAt(turn.state, path);
  if (undoing === null) return { kind: "done" };
  if (undoing.trouble !== null) return { kind: "failed", failure: undoing.trouble };
  const next = undoing.paths[undoing.next];
  if (next === undefined) return { kind: "done" };
  if (mapHas(turn.state.live, next) || mapHas(turn.state.queue, next)) return { kind: "under-way" };
  const record = nodeAt(turn.state, next);
  const { definition } = record;
  const action = definition?.type === "task" ? definition.compensate : null;
  if (definition?.type !== "task" || action === null) return { kind: "done" };
  if (action.kind === "approve")
    return { kind: "failed", failure: trouble(next, "an approval cannot undo a task, only an action can") };
  const scope = { ...scopeOf(turn.state, record), result: record.result };
  const plan = planAttempt({ ...definition, result: "none" }, action, record.attempt + 1, scope);
  if (!plan.ok) return { kind: "failed", failure: trouble(next, plan.error.message) };
  emit(turn, next, { kind: "queued", plan: plan.value, purpose: "compensation", totalAt: null }, "it is to be undone");
  return { kind: "under-way" };
}

function trouble(path: NodePath, message: string): NodeFailure {
  return { code: "compensation", message: `undoing ${path} failed: ${message}` };
}

/** An undoing attempt has ended. */
export function endUndoing(turn: Turn, path: NodePath, failure: NodeFailure | null): void {
  const principal = principalOf(turn.state, nodeAt(turn.state, path));
  if (principal === undefined) return;
  const told = failure === null ? null : trouble(path, failure.message);
  const data = { kind: "undone", principal: principal.path, failure: told } as const;
  emit(turn, path, data, told === null ? "it was undone" : told.message);
  turn.work.push(path);
}

/** The node for whose sake another is undone: the nearest one around it that undoes what is in it. */
export function principalOf(state: RunState, record: NodeRecord): NodeRecord | undefined {
  for (let around: NodeRecord | undefined = record; around !== undefined; around = parentOf(state, around))
    if (around.undoing !== null) return around;
  return undefined;
}

/** Ends undoing in the middle, because the node it is done for ends otherwise. */
export function stopUndoing(turn: Turn, path: NodePath, reason: string): void {
  const { undoing, state } = nodeAt(turn.state, path);
  if (undoing === null) return;
  const current = undoing.paths[undoing.next];
  if (current !== undefined && (mapHas(turn.state.live, current) || mapHas(turn.state.queue, current))) {
    stopAttempt(turn, current, reason);
    const failure = { code: "cancelled", message: reason };
    emit(turn, current, { kind: "undone", principal: path, failure }, reason);
  }
  if (state === "failed") emit(turn, path, { kind: "abandoned", failure: undoing.failure }, reason);
  else emit(turn, path, { kind: "undoing-stopped" }, reason);
}
