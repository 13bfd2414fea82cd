import { assert, assertNever } from "../base/assert.ts";
import type { RunEvent } from "../model/event.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";
import { NO_TIMES } from "../model/run-times.ts";
import { toEventData, type EventData } from "./event-data.ts";
import { foldAssigned, foldLost, foldQueued, foldSuspended, dequeue, dropLive } from "./fold-attempt.ts";
import { addIteration, clearInside, openBody } from "./fold-body.ts";
import { foldAbandoned, foldCompleted, foldEnd, foldFailed, foldResolved, foldSkipped } from "./fold-end.ts";
import { foldHeld, foldReleased } from "./fold-hold.ts";
import { foldReset } from "./fold-reset.ts";
import { activate, deferIfHeld } from "./fold-settle.ts";
import { clearTimers, foldStepped, setTimer } from "./fold-timer.ts";
import { isStale } from "./freshness.ts";
import { addKept, claimKept, type KeptMark, NOTHING_KEPT } from "./kept.ts";
import { createNode, NOTHING_YET, nodeAt, pausedUntil, putNode, START, startOf } from "./records.ts";
import type { NodeRecord, RunState } from "./state.ts";

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
      return claim(foldSkipped(state, event, data), event.path, data.kept);
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
    case "stepped":
      return foldStepped(state, data.ms);
    case "report":
      return foldReport(state, event, data);
    case "provided":
    case "error":
      return state;
    case "kept":
      return { ...state, kept: state.kept && addKept(state.kept, data.results, data.ends) };
    case "created":
      assert(false, "a run is created once");
      return state;
    default:
      return assertNever(data);
  }
}

function foldCreated(event: RunEvent, data: Of<"created">): RunState {
  const { run, seq, time } = event;
  const { definition, inputs, folder, out, from, expected } = data;
  const fork = { origin: from ?? null, kept: from === undefined ? null : NOTHING_KEPT };
  const made = { run, definition, folder, out, seq, time, createdAt: time, expected: expected ?? NO_TIMES };
  const blank: RunState = { ...NOTHING_YET, ...fork, ...made };
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
    was: from === undefined ? null : RUN_PATH,
  });
  return openBody(putNode(blank, root), root, { shape: "workflow", inputs }, time);
}

function foldStarted(state: RunState, event: RunEvent, data: Of<"started">): RunState {
  const before = nodeAt(state, event.path);
  const again = data.contents?.shape === "kept" ? 0 : 1;
  const record: NodeRecord = {
    ...before,
    state: "running",
    reason: event.reason,
    attempt: before.attempt + again,
    tries: before.tries + again,
    ...startOf(state, before, event),
    runningSince: event.time,
    pausedBefore: pausedUntil(state, event.time),
    stale: isStale(state, before),
    ...(data.kept === undefined ? {} : { kept: data.kept, agent: data.kept.agent }),
  };
  let next = claim(activate(putNode(state, record), record), event.path, data.kept);
  next = clearTimers(next, event.path, ["backoff"]);
  next = setTimer(next, "timeout", event.path, data.timeoutAt);
  next = setTimer(next, "total", event.path, data.totalAt);
  if (data.contents === null || data.contents.shape === "kept" || record.body !== null) return next;
  return openBody(next, nodeAt(next, event.path), data.contents, event.time);
}

function claim(state: RunState, path: NodePath, mark: KeptMark | undefined): RunState {
  if (mark === undefined || state.kept === null) return state;
  return { ...state, kept: claimKept(state.kept, mark.path, path) };
}

function foldIterated(state: RunState, event: RunEvent, { parent }: Of<"iterated">): RunState {
  const data = { kind: "started", contents: { shape: "nodes", branch: null }, timeoutAt: null, totalAt: null } as const;
  return foldStarted(addIteration(state, parent, event.time), event, data);
}

function foldAgain(state: RunState, event: RunEvent, { backoffAt, kept, undone }: Of<"again">): RunState {
  const cleared = clearInside(state, event.path, kept);
  const before = nodeAt(cleared, event.path);
  const { reason } = event;
  const record = { ...before, ...START, reason, error: before.error, undone: before.undone + (undone ? 1 : 0) };
  return setTimer(putNode(cleared, record), "backoff", event.path, backoffAt);
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

function foldReport(state: RunState, event: RunEvent, { report }: Of<"report">): RunState {
  if (report.kind !== "progress") return state;
  return putNode(state, { ...nodeAt(state, event.path), progress: report.progress });
}
