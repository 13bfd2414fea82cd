import { assert, assertNever } from "../base/assert.ts";
import type { JsonObject } from "../base/json.ts";
import type { RunEvent } from "../model/event.ts";
import { RUN_PATH, type EpochMs } from "../model/id.ts";
import { toEventData, type EventData } from "./event-data.ts";
import { foldAssigned, foldLost, foldQueued, foldSuspended, dequeue, dropLive } from "./fold-attempt.ts";
import { addApart, addIteration, clearInside, openBody } from "./fold-body.ts";
import { foldHeld, foldReleased } from "./fold-hold.ts";
import { foldReset } from "./fold-reset.ts";
import { resultOf } from "./fold-result.ts";
import { activate, deferIfHeld, settle } from "./fold-settle.ts";
import { clearTimers, setTimer } from "./fold-timer.ts";
import { createNode, findNode, NOTHING_YET, nodeAt, parentOf, pausedUntil, putNode, rootOf, START } from "./records.ts";
import type { NodeRecord, RunState, Settlement, TimerKind } from "./state.ts";

type Of<Kind extends EventData["kind"]> = Extract<EventData, { readonly kind: Kind }>;

/**
 * The fold: the state after one more event. The first event of a run is `created` and takes no state; every other takes the state
 * after the event before it. Evaluates no expressions, reads no clock and decides nothing. A broken order of events is an
 * `AssertionError`. Rule RUN-2.
 */
export function evolve(state: RunState | null, event: RunEvent): RunState {
  const data = toEventData(event);
  if (state === null) {
    assert(data.kind === "created", `a run begins with "created", found "${data.kind}"`);
    return foldCreated(event, data);
  }
  assert(event.seq === state.seq + 1, `expected event ${state.seq + 1} of ${state.run}, found ${event.seq}`);
  return { ...foldData(state, event, data), seq: event.seq, time: event.time };
}

function foldData(state: RunState, event: RunEvent, data: EventData): RunState {
  switch (data.kind) {
    case "started":
      return foldStarted(state, event, data);
    case "iterated":
      return foldIterated(state, event, data);
    case "queued":
      return setTimer(
        clearTimers(foldQueued(state, event, data), event.path, ["backoff"]),
        "total",
        event.path,
        data.totalAt,
      );
    case "assigned":
      return foldAssigned(state, event, data);
    case "suspended":
      return foldSuspended(state, event, true);
    case "resumed":
      return foldSuspended(state, event, false);
    case "lost":
      return foldLost(state, event, data);
    case "completed":
      return foldCompleted(state, event, data);
    case "failed":
      return foldFailed(state, event, data);
    case "skipped":
      return foldSkipped(state, event, data);
    case "cancelled":
      return foldEnd(state, event, "cancelled", { fell: data.fell });
    case "again":
      return foldAgain(state, event, data);
    case "reset":
      return foldReset(state, event, data);
    case "resolved":
      return foldResolved(state, event, data);
    case "collected":
      return { ...state, collection: { state: data.failure === null ? "done" : "failed", failure: data.failure } };
    case "held":
      return foldHeld(state, event, data.mode);
    case "released":
      return foldReleased(state, event);
    case "undone":
      return foldUndone(state, event, data);
    case "undoing":
      return putNode(state, {
        ...nodeAt(state, event.path),
        undoing: { paths: data.paths, next: 0, failure: data.failure, trouble: null },
      });
    case "undoing-stopped":
      return putNode(state, { ...nodeAt(state, event.path), undoing: null });
    case "abandoned":
      return foldAbandoned(state, event, data);
    case "report":
      return foldReport(state, event, data);
    case "error":
      return state;
    case "created":
      assert(false, "a run is created once");
      return state;
    default:
      return assertNever(data);
  }
}

function foldCreated(event: RunEvent, { definition, inputs, folder, out }: Of<"created">): RunState {
  const { run, seq, time } = event;
  const blank: RunState = { ...NOTHING_YET, run, definition, folder, out, seq, time, createdAt: time };
  const root = createNode(blank, {
    path: RUN_PATH,
    parent: null,
    position: 0,
    level: 0,
    type: "workflow",
    definition: null,
    counts: false,
    item: null,
    unmet: 0,
    readyAt: time,
  });
  return openBody(putNode(blank, root), root, { shape: "workflow", inputs }, time);
}

const ALL_TIMERS: readonly TimerKind[] = ["backoff", "timeout", "total"];

function foldStarted(state: RunState, event: RunEvent, data: Of<"started">): RunState {
  const before = nodeAt(state, event.path);
  const again = data.contents?.shape === "kept" ? 0 : 1;
  const record: NodeRecord = {
    ...before,
    state: "running",
    reason: event.reason,
    attempt: before.attempt + again,
    tries: before.tries + again,
    startedAt: before.startedAt ?? event.time,
    runningSince: event.time,
    pausedBefore: pausedUntil(state, event.time),
  };
  let next = activate(putNode(state, record), record);
  next = clearTimers(next, event.path, ["backoff"]);
  next = setTimer(next, "timeout", event.path, data.timeoutAt);
  next = setTimer(next, "total", event.path, data.totalAt);
  if (data.contents === null || data.contents.shape === "kept" || record.body !== null) return next;
  return openBody(next, nodeAt(next, event.path), data.contents, event.time);
}

function foldIterated(state: RunState, event: RunEvent, { parent }: Of<"iterated">): RunState {
  const data = { kind: "started", contents: { shape: "nodes", branch: null }, timeoutAt: null, totalAt: null } as const;
  return foldStarted(addIteration(state, parent, event.time), event, data);
}

/** What every end of a node has in common: nobody works on it, nothing is awaited. */
function foldEnd(state: RunState, event: RunEvent, end: Settlement, more: Partial<NodeRecord>): RunState {
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

/** Running time of the present attempt of what runs inside the engine, without the time the run was paused. */
function runningMs(state: RunState, record: NodeRecord, time: EpochMs): number {
  if (record.runningSince === null) return 0;
  return Math.max(0, time - record.runningSince - (pausedUntil(state, time) - record.pausedBefore));
}

function foldCompleted(state: RunState, event: RunEvent, data: Of<"completed">): RunState {
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

function foldFailed(state: RunState, event: RunEvent, data: Of<"failed">): RunState {
  const before = nodeAt(state, event.path);
  const executionMs = before.executionMs + data.executionMs + runningMs(state, before, event.time);
  return foldEnd(state, event, "failed", { error: data.failure, after: data.after, executionMs });
}

function foldSkipped(state: RunState, event: RunEvent, { cause, apart }: Of<"skipped">): RunState {
  const next = apart === null || findNode(state, event.path) !== undefined ? state : addApart(state, apart);
  return foldEnd(next, event, "skipped", { skipCause: cause });
}

function foldAgain(state: RunState, event: RunEvent, { backoffAt, kept, undone }: Of<"again">): RunState {
  const cleared = clearInside(state, event.path, kept);
  const before = nodeAt(cleared, event.path);
  const { reason } = event;
  const record = { ...before, ...START, reason, error: before.error, undone: before.undone + (undone ? 1 : 0) };
  return setTimer(putNode(cleared, record), "backoff", event.path, backoffAt);
}

function foldResolved(state: RunState, event: RunEvent, data: Of<"resolved">): RunState {
  const before = nodeAt(state, event.path);
  const alternative = nodeAt(state, data.alternative);
  const record: NodeRecord = { ...before, after: "none", reason: event.reason };
  const stands = data.isResolved ? { result: alternative.result, files: alternative.files } : {};
  const end = data.isResolved ? "completed" : "failed";
  const next = settle(clearTimers(state, event.path, ALL_TIMERS), { ...record, ...stands }, end, event.time);
  return deferIfHeld(next, before, event);
}

function foldUndone(state: RunState, event: RunEvent, { principal, failure }: Of<"undone">): RunState {
  const free = dequeue(dropLive(state, event.path), event.path);
  const task = nodeAt(free, event.path);
  const next = failure === null ? putNode(free, { ...task, isUndone: true, reason: event.reason }) : free;
  const record = nodeAt(next, principal);
  if (record.undoing === null) return next;
  const undoing = { ...record.undoing, next: record.undoing.next + 1, trouble: failure };
  return deferIfHeld(putNode(next, { ...record, undoing }), task, event);
}

function foldAbandoned(state: RunState, event: RunEvent, { failure }: Of<"abandoned">): RunState {
  const before = nodeAt(state, event.path);
  const record: NodeRecord = { ...before, after: "none", undoing: null, error: failure, reason: event.reason };
  return deferIfHeld(settle(clearTimers(state, event.path, ALL_TIMERS), record, "failed", event.time), record, event);
}

function foldReport(state: RunState, event: RunEvent, { report }: Of<"report">): RunState {
  if (report.kind !== "progress") return state;
  return putNode(state, { ...nodeAt(state, event.path), progress: report.progress });
}
