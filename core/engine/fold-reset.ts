import { mapWith } from "../base/persistent-map.ts";
import type { RunEvent } from "../model/event.ts";
import type { EventData } from "./event-data.ts";
import { clearInside } from "./fold-body.ts";
import { deferIfHeld, pushReady, unsettle } from "./fold-settle.ts";
import { ALL_TIMERS, clearTimers } from "./fold-timer.ts";
import { nodeAt, parentOf, putNode, START } from "./records.ts";
import type { NodeRecord, RunState, WorkflowValues } from "./state.ts";

/** A person sends a final node back to idle: its end is taken back, and it may start again. Rule RUN-6. */
export function foldReset(
  state: RunState,
  event: RunEvent,
  { keeps, kept }: Extract<EventData, { readonly kind: "reset" }>,
): RunState {
  let next = unsettle(keeps ? state : refuseKept(state, event), nodeAt(state, event.path));
  if (!keeps) next = clearInside(next, event.path, 0);
  else if (kept !== null) next = clearInside(next, event.path, kept);
  // Its limits begin anew with it.
  next = clearTimers(next, event.path, ALL_TIMERS);
  const before = nodeAt(next, event.path);
  const fresh: NodeRecord = {
    ...before,
    ...START,
    reason: event.reason,
    active: false,
    tries: 0,
    undone: 0,
    losses: 0,
  };
  const record = keeps
    ? fresh
    : { ...fresh, startedAt: null, executionMs: 0, readyAt: fresh.unmet === 0 ? event.time : null };
  // The run itself goes straight on.
  if (record.parent === null) {
    const body = record.body === null ? null : { ...record.body, values: withoutOutputs(record.body.values) };
    const run = { ...record, body, state: "running", runningSince: event.time, pausedBefore: next.pausedMs } as const;
    return { ...putNode(next, run), collected: [], collection: null };
  }
  next = putNode(next, record);
  if (record.unmet === 0) next = pushReady(next, record);
  const parent = parentOf(next, record);
  return parent === undefined ? next : deferIfHeld(next, parent, event);
}

/** What is to run again by a person's wish is not taken from the original. */
function refuseKept(state: RunState, { path }: RunEvent): RunState {
  if (state.kept === null) return state;
  return { ...state, kept: { ...state.kept, refused: mapWith(state.kept.refused, path, true) } };
}

function withoutOutputs(values: WorkflowValues | null): WorkflowValues | null {
  return values === null ? null : { ...values, outputs: null };
}
