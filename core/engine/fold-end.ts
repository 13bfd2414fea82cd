import type { JsonObject } from "../base/json.ts";
import type { RunEvent } from "../model/event.ts";
import type { EpochMs } from "../model/id.ts";
import { toEventData, type EventData } from "./event-data.ts";
import { dequeue, dropLive } from "./fold-attempt.ts";
import { addApart } from "./fold-body.ts";
import { resultOf } from "./fold-result.ts";
import { deferIfHeld, settle } from "./fold-settle.ts";
import { ALL_TIMERS, clearTimers } from "./fold-timer.ts";
import { clockOfRun, findNode, heldSince, nodeAt, parentOf, pausedUntil, putNode, rootOf } from "./records.ts";
import type { NodeRecord, RunState, Settlement } from "./state.ts";

type Of<Kind extends EventData["kind"]> = Extract<EventData, { readonly kind: Kind }>;

/** What every end of a node has in common: nobody works on it, nothing is awaited. */
export function foldEnd(state: RunState, event: RunEvent, end: Settlement, more: Partial<NodeRecord>): RunState {
  const before = nodeAt(state, event.path);
  // An attempt that ends in a paused node leaves it paused: what follows waits for the resume. Whoever ends it by hand ends its pause.
  const data = toEventData(event);
  const keepsHold = (data.kind === "completed" || data.kind === "failed") && data.by === null && before.parent !== null;
  const record: NodeRecord = {
    ...before,
    state: end,
    reason: event.reason,
    hold: keepsHold ? before.hold : null,
    undoing: null,
    endedAt: event.time,
    endedSeq: event.seq,
    executionMs: before.executionMs + runningMs(state, before, event.time),
    runningSince: null,
    ...more,
  };
  const comesBack = record.after === "retry" || record.after === "compensate";
  let next = dequeue(dropLive(state, event.path), event.path);
  if (before.parent === null) next = { ...next, pausedMs: pausedUntil(state, event.time) };
  next = clearTimers(next, event.path, comesBack ? ["backoff", "timeout"] : ALL_TIMERS);
  next = record.after === "none" ? settle(next, record, end, event.time) : putNode(next, record);
  return deferIfHeld(next, record, event);
}

/** Running time of the present attempt of what runs inside the engine, without pauses; those of parts that are over were taken off. */
function runningMs(state: RunState, record: NodeRecord, time: EpochMs): number {
  if (record.runningSince === null) return 0;
  const now = Math.min(clockOfRun(state, time), heldSince(state, record) ?? Infinity);
  return Math.max(0, now - (record.runningSince - record.pausedBefore));
}

export function foldCompleted(state: RunState, event: RunEvent, data: Of<"completed">): RunState {
  const before = nodeAt(state, event.path);
  const { result, files } = data.value ?? resultOf(state, before);
  const executionMs = before.executionMs + data.executionMs + runningMs(state, before, event.time);
  let next = foldEnd(state, event, "completed", {
    result: data.value === null && data.outputs !== null ? data.outputs : result,
    files,
    executionMs,
    error: null,
    progress: before.progress === null ? null : 1,
  });
  if (data.outputs !== null) next = keepOutputs(next, event, data.outputs);
  if (data.collected.length > 0)
    next = { ...next, collected: data.collected, collection: { state: "pending", failure: null } };
  return Object.keys(data.set).length === 0 ? next : setVariables(next, before, data.set);
}

function keepOutputs(state: RunState, event: RunEvent, outputs: JsonObject): RunState {
  const record = nodeAt(state, event.path);
  if (record.body === null || record.body.values === null) return state;
  return putNode(state, { ...record, body: { ...record.body, values: { ...record.body.values, outputs } } });
}

/** Writes variables of the workflow that a node belongs to. Rule FILE-9. */
function setVariables(state: RunState, record: NodeRecord, set: JsonObject): RunState {
  let workflow = parentOf(state, record) ?? rootOf(state);
  while (workflow.body === null || workflow.body.values === null) workflow = parentOf(state, workflow) ?? rootOf(state);
  const { values } = workflow.body;
  const variables = { ...values.variables, ...set };
  return putNode(state, { ...workflow, body: { ...workflow.body, values: { ...values, variables } } });
}

export function foldFailed(state: RunState, event: RunEvent, data: Of<"failed">): RunState {
  const before = nodeAt(state, event.path);
  const executionMs = before.executionMs + data.executionMs + runningMs(state, before, event.time);
  return foldEnd(state, event, "failed", {
    error: data.failure,
    after: data.after,
    delayMs: data.delayMs ?? null,
    executionMs,
  });
}

export function foldSkipped(state: RunState, event: RunEvent, { cause, apart, kept }: Of<"skipped">): RunState {
  const next = apart === null || findNode(state, event.path) !== undefined ? state : addApart(state, apart);
  return foldEnd(next, event, "skipped", { skipCause: cause, kept: kept ?? null });
}

export function foldResolved(state: RunState, event: RunEvent, data: Of<"resolved">): RunState {
  const before = nodeAt(state, event.path);
  const alternative = nodeAt(state, data.alternative);
  const { fresh } = alternative;
  const record: NodeRecord = { ...before, after: "none", reason: event.reason, fresh };
  const stands = data.isResolved ? { result: alternative.result, files: alternative.files } : {};
  const end = data.isResolved ? "completed" : "failed";
  const next = settle(clearTimers(state, event.path, ALL_TIMERS), { ...record, ...stands }, end, event.time);
  return deferIfHeld(next, before, event);
}

export function foldAbandoned(state: RunState, event: RunEvent, { failure }: Of<"abandoned">): RunState {
  const before = nodeAt(state, event.path);
  const record: NodeRecord = { ...before, after: "none", undoing: null, error: failure, reason: event.reason };
  return deferIfHeld(settle(clearTimers(state, event.path, ALL_TIMERS), record, "failed", event.time), record, event);
}
