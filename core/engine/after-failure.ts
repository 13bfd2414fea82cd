import type { EpochMs } from "../model/id.ts";
import { retryDelayMs } from "./backoff.ts";
import { beginUndoing, continueUndoing } from "./compensate.ts";
import { failNode, ON_ITS_OWN, skipNode } from "./end-node.ts";
import { findNode, isHeld, nodeAt, parentOf, pathOfChild, topologyOf } from "./records.ts";
import { alternativePath } from "./scope.ts";
import { startNode } from "./start-node.ts";
import type { NodeRecord, RunState } from "./state.ts";
import { emit, type Turn } from "./turn.ts";

/** What a failed node goes on to, as was recorded with its failure. Rule FAULT-3. */
export function followFailure(turn: Turn, record: NodeRecord): void {
  const { path } = record;
  switch (record.after) {
    case "retry":
      return tryAgain(turn, record, false);
    case "skip":
      emit(turn, path, { kind: "again", backoffAt: null, kept: 0, undone: false }, "its fault policy skips it");
      return skipNode(turn, path, "fault", `fault: ${record.error?.message ?? "failed"}`, null);
    case "alternative":
      return runAlternative(turn, record);
    case "compensate":
      if (record.undoing === null) beginUndoing(turn, path, record.error ?? { code: "failed", message: "failed" });
      return followUndoing(turn, nodeAt(turn.state, path));
    case "none":
      return;
  }
}

/** failed → idle, with the wait its policy asks for. A loop keeps the iterations before the one that failed. Rules FAULT-2, NODE-8. */
function tryAgain(turn: Turn, record: NodeRecord, undone: boolean): void {
  const { path, definition, body, tries } = record;
  if (definition === null) return;
  const delayMs = record.delayMs ?? retryDelayMs(definition.fault.backoff, tries, path, turn.moment.chance);
  const isIteration = !undone && body?.shape === "iterations" && body.fall !== null;
  const kept = isIteration ? body.count - 1 : 0;
  const backoffAt = delayMs === 0 ? null : ((turn.moment.now + delayMs) as EpochMs);
  const wait = delayMs === 0 ? "at once" : `in ${delayMs} ms`;
  const reason = `attempt ${record.attempt} failed: ${record.error?.message ?? "failed"}; the next one comes ${wait}`;
  emit(turn, path, { kind: "again", backoffAt, kept, undone }, reason);
  if (backoffAt === null) startNode(turn, path, "the next attempt");
}

/** Goes on undoing for the sake of a failed node or a failing workflow; then the node tries again, or the workflow fails. */
export function followUndoing(turn: Turn, { path, state }: NodeRecord): void {
  const { undoing } = nodeAt(turn.state, path);
  const progress = continueUndoing(turn, path);
  if (undoing === null || progress.kind === "under-way") return;
  if (state !== "failed") {
    const failure =
      progress.kind === "done"
        ? undoing.failure
        : { ...progress.failure, message: `${undoing.failure.message}; ${progress.failure.message}` };
    return failNode(turn, path, failure, progress.kind === "done" ? "may-retry" : "final", ON_ITS_OWN);
  }
  if (progress.kind === "done") return tryAgain(turn, nodeAt(turn.state, path), true);
  emit(turn, path, { kind: "abandoned", failure: progress.failure }, progress.failure.message);
  turn.work.push(path);
}

function runAlternative(turn: Turn, record: NodeRecord): void {
  const path = alternativePath(record);
  const alternative = path === null ? undefined : findNode(turn.state, path);
  if (alternative === undefined) return;
  if (alternative.settlement !== null) return resolve(turn, record, alternative);
  // One that is paused itself starts when it is resumed.
  if (alternative.state === "idle" && !alternative.active && !isHeld(turn.state, alternative))
    startNode(turn, alternative.path, `in place of "${record.definition?.id ?? record.path}", which failed`);
}

/** When an alternative ends, so do those in whose place it ran. */
export function resolvePrincipals(turn: Turn, alternative: NodeRecord): void {
  for (const record of principalsOf(turn.state, alternative)) resolve(turn, record, alternative);
}

/** The failed nodes in whose place a standby runs, or is to run. */
export function principalsOf(state: RunState, alternative: NodeRecord): readonly NodeRecord[] {
  const parent = parentOf(state, alternative);
  const body = parent?.body;
  if (parent === undefined || body === undefined || body === null) return [];
  const principals = topologyOf(parent, body)?.standbys.get(alternative.position - body.offset) ?? [];
  const records = principals.flatMap((index) => findNode(state, pathOfChild(parent, body, index)) ?? []);
  return records.filter(({ after, state: end }) => after === "alternative" && end === "failed");
}

function resolve(turn: Turn, record: NodeRecord, alternative: NodeRecord): void {
  const isResolved = alternative.settlement === "completed" || alternative.settlement === "skipped";
  const id = alternative.definition?.id ?? alternative.path;
  const reason = `${record.reason ?? "failed"}; its alternative "${id}" is ${alternative.state}`;
  emit(turn, record.path, { kind: "resolved", alternative: alternative.path, isResolved }, reason);
  turn.work.push(record.path);
}
