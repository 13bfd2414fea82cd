import { mapEntries, mapGet, mapWith, mapWithout } from "../base/persistent-map.ts";
import type { EpochMs, Millis, NodePath } from "../model/id.ts";
import { findNode, isHeld, isWithin, rootOf } from "./records.ts";
import type { RunState, TimerKind, TimerRecord } from "./state.ts";

export const ALL_TIMERS: readonly TimerKind[] = ["backoff", "timeout", "total"];

/** The name of a node's timer in the input and the commands `timer`. */
export function timerName(kind: TimerKind, path: NodePath): string {
  return `${kind}:${path}`;
}

/** Sets a timer, or does nothing without a time. */
export function setTimer(state: RunState, kind: TimerKind, path: NodePath, at: EpochMs | null): RunState {
  if (at === null) return state;
  const timer: TimerRecord = { path, kind, due: { kind: "at", at } };
  return { ...state, timers: mapWith(state.timers, timerName(kind, path), timer) };
}

/** Forgets timers of a node. */
export function clearTimers(state: RunState, path: NodePath, kinds: readonly TimerKind[]): RunState {
  let { timers } = state;
  for (const kind of kinds) timers = mapWithout(timers, timerName(kind, path));
  return timers === state.timers ? state : { ...state, timers };
}

/** Stops the timers in a part of the run that is being held: what is left of them is kept. Rule RUN-3. */
export function stopTimers(state: RunState, within: NodePath, time: EpochMs): RunState {
  let { timers } = state;
  for (const [name, timer] of mapEntries(state.timers)) {
    if (timer.due.kind !== "at" || !isWithin(timer.path, within)) continue;
    const ms = Math.max(0, timer.due.at - time) as Millis;
    timers = mapWith(timers, name, { ...timer, due: { kind: "left", ms } });
  }
  return { ...state, timers };
}

/** Lets the timers of a part of the run go on that is not held any more. Rule RUN-4. */
export function continueTimers(state: RunState, within: NodePath, time: EpochMs): RunState {
  let { timers } = state;
  for (const [name, timer] of mapEntries(state.timers)) {
    if (timer.due.kind !== "left" || !isWithin(timer.path, within)) continue;
    const record = findNode(state, timer.path);
    if (record === undefined || isHeld(state, record)) continue;
    timers = mapWith(timers, name, { ...timer, due: { kind: "at", at: (time + timer.due.ms) as EpochMs } });
  }
  return { ...state, timers };
}

/** So much of the clock did not pass for the run, just as if it had been paused for as long. */
export function foldStepped(state: RunState, ms: number): RunState {
  let { timers } = state;
  for (const [name, timer] of mapEntries(state.timers)) {
    if (timer.due.kind !== "at") continue;
    timers = mapWith(timers, name, { ...timer, due: { kind: "at", at: (timer.due.at + ms) as EpochMs } });
  }
  // A pause of the whole run that is not over counts it already.
  return { ...state, timers, pausedMs: state.pausedMs + (rootOf(state).hold === null ? ms : 0) };
}

/** When a timer is due; null when there is none or it stands still. */
export function dueAt(state: RunState, name: string): EpochMs | null {
  const due = mapGet(state.timers, name)?.due;
  return due?.kind === "at" ? due.at : null;
}
