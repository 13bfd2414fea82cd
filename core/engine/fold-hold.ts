import { mapEntries, mapWithout } from "../base/persistent-map.ts";
import type { RunEvent } from "../model/event.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";
import type { PauseMode } from "../model/run.ts";
import { continueTimers, stopTimers } from "./fold-timer.ts";
import { clockOfRun, findNode, heldSince, isHeld, isWithin, nodeAt, putNode } from "./records.ts";
import type { Hold, RunState } from "./state.ts";

/** The run or a part of it is paused: its timers stand still. Rule RUN-3. */
export function foldHeld(state: RunState, event: RunEvent, mode: PauseMode): RunState {
  const record = nodeAt(state, event.path);
  const reason = event.path === RUN_PATH ? event.reason : record.reason;
  const held = putNode(state, {
    ...record,
    reason,
    hold: { mode, since: event.time, sinceOfRun: clockOfRun(state, event.time) },
  });
  return stopTimers(held, event.path, event.time);
}

/** The run or a part of it goes on, as far as nothing around it is paused. Rule RUN-4. */
export function foldReleased(state: RunState, event: RunEvent): RunState {
  const record = nodeAt(state, event.path);
  const pausedMs = record.hold === null ? 0 : event.time - record.hold.since;
  const isRun = event.path === RUN_PATH;
  let next = putNode(state, { ...record, hold: null, reason: isRun ? event.reason : record.reason });
  if (isRun) next = { ...next, pausedMs: next.pausedMs + pausedMs };
  else if (record.hold !== null) next = takeOffPause(next, event, record.hold);
  let { deferred } = next;
  for (const path of releasedPaths(next, event.path)) deferred = mapWithout(deferred, path);
  return continueTimers({ ...next, deferred }, event.path, event.time);
}

/** Execution is time without pauses, also of everything inside a part that was paused. Rule MET-1. */
function takeOffPause(state: RunState, { path, time }: RunEvent, { sinceOfRun }: Hold): RunState {
  let next = state;
  for (const [inside, record] of mapEntries(state.nodes)) {
    if (record.runningSince === null || !isWithin(inside as NodePath, path)) continue;
    // What another pause holds on from somewhere is taken off when that one ends.
    const end = Math.min(clockOfRun(state, time), heldSince(state, record) ?? Infinity);
    const pausedMs = Math.max(0, end - Math.max(sinceOfRun, record.runningSince - record.pausedBefore));
    if (pausedMs > 0) next = putNode(next, { ...record, executionMs: record.executionMs - pausedMs });
  }
  return next;
}

/** The deferred nodes in a part of the run that nothing holds (any more), in the order in which they were deferred. */
export function releasedPaths(state: RunState, within: NodePath): readonly NodePath[] {
  const released: { path: NodePath; seq: number }[] = [];
  for (const [path, seq] of mapEntries(state.deferred)) {
    const record = findNode(state, path as NodePath);
    if (!isWithin(path as NodePath, within)) continue;
    if (record === undefined || !isHeld(state, record)) released.push({ path: path as NodePath, seq });
  }
  return released.sort((a, b) => a.seq - b.seq).map(({ path }) => path);
}
