import { heapRest, heapWith, type PersistentHeap } from "../base/persistent-heap.ts";
import { mapWith } from "../base/persistent-map.ts";
import type { RunEvent } from "../model/event.ts";
import type { EpochMs, NodePath } from "../model/id.ts";
import { byPosition } from "./fold-body.ts";
import { isFresh } from "./freshness.ts";
import { findNode, isHeld, nodeAt, pathOfChild, putNode, topologyOf } from "./records.ts";
import type { NodeRecord, RunState, Settlement } from "./state.ts";

/** Counts the end of a node for its parent, and for those that wait for it. */
export function settle(state: RunState, record: NodeRecord, settlement: Settlement, time: EpochMs): RunState {
  const fresh = record.fresh || isFresh(state, record, settlement);
  const settled = { ...record, settlement, active: false, fresh };
  const next = putNode(state, settled);
  if (record.parent === null) return next;
  return purgeReady(
    releaseDependants(countForParent(next, { ...record, fresh }, settlement), settled, time),
    record.parent,
  );
}

/** Drops positions from the front of `ready` that have started or ended meanwhile. */
function purgeReady(state: RunState, path: NodePath): RunState {
  const parent = nodeAt(state, path);
  if (parent.body === null || parent.body.ready === null) return state;
  let ready: PersistentHeap<number> = parent.body.ready;
  while (ready !== null && !isReady(findNode(state, pathOfChild(parent, parent.body, ready.value))))
    ready = heapRest(ready, byPosition);
  if (ready === parent.body.ready) return state;
  return putNode(state, { ...parent, body: { ...parent.body, ready } });
}

/** Whether a node may start as soon as there is a place for it. */
export function isReady(child: NodeRecord | undefined): child is NodeRecord {
  return child?.state === "idle" && !child.active && child.unmet === 0 && child.counts;
}

function countForParent(state: RunState, record: NodeRecord, settlement: Settlement): RunState {
  if (record.parent === null || !record.counts) return state;
  const parent = nodeAt(state, record.parent);
  const { body } = parent;
  if (body === null) return state;
  const tally = { ...body.tally, [settlement]: body.tally[settlement] + 1 };
  const fell = settlement === "failed" || settlement === "cancelled";
  const fall = fell ? (body.fall ?? toFall(record)) : body.fall;
  const fresh = body.fresh || record.fresh;
  const active = body.active - (record.active ? 1 : 0);
  return putNode(state, { ...parent, body: { ...body, tally, fall, fresh, active } });
}

function toFall(record: NodeRecord): { id: string; failure: { code: string; message: string } } {
  const id = record.path.slice(record.path.lastIndexOf("/") + 1);
  return { id, failure: record.error ?? { code: "cancelled", message: record.reason ?? "cancelled" } };
}

function releaseDependants(state: RunState, record: NodeRecord, time: EpochMs): RunState {
  if (record.settlement !== "completed" && record.settlement !== "skipped") return state;
  let next = state;
  for (const dependant of dependantsOf(state, record)) {
    const unmet = dependant.unmet - 1;
    next = putNode(next, { ...dependant, unmet, readyAt: unmet === 0 ? time : dependant.readyAt });
    if (unmet === 0) next = pushReady(next, dependant);
  }
  return next;
}

/** Notes that a node may start as soon as there is a place for it. */
export function pushReady(state: RunState, record: NodeRecord): RunState {
  if (record.parent === null) return state;
  const parent = nodeAt(state, record.parent);
  if (parent.body === null || parent.body.shape === "iterations" || !record.counts) return state;
  const ready = heapWith(parent.body.ready, record.position - parent.body.offset, byPosition);
  return putNode(state, { ...parent, body: { ...parent.body, ready } });
}

/** The existing siblings that wait for a node. */
export function dependantsOf(state: RunState, record: NodeRecord): readonly NodeRecord[] {
  if (record.parent === null) return [];
  const parent = nodeAt(state, record.parent);
  const { body } = parent;
  const topology = body === null ? null : topologyOf(parent, body);
  if (body === null || topology === null) return [];
  const positions = topology.dependants[record.position - body.offset] ?? [];
  return positions.flatMap((index) => findNode(state, pathOfChild(parent, body, index)) ?? []);
}

/** Takes back that a node has ended: the opposite of `settle`. The node itself is left to the caller. */
export function unsettle(state: RunState, record: NodeRecord): RunState {
  if (record.parent === null) return state;
  let next = uncountForParent(state, record);
  if (record.settlement !== "completed" && record.settlement !== "skipped") return next;
  for (const dependant of dependantsOf(next, record))
    next = putNode(next, { ...dependant, unmet: dependant.unmet + 1, readyAt: null });
  return next;
}

function uncountForParent(state: RunState, record: NodeRecord): RunState {
  if (record.parent === null || !record.counts) return state;
  const parent = nodeAt(state, record.parent);
  const { body } = parent;
  if (body === null) return state;
  const { settlement } = record;
  const tally = settlement === null ? body.tally : { ...body.tally, [settlement]: body.tally[settlement] - 1 };
  const fall = tally.failed + tally.cancelled === 0 ? null : body.fall;
  return putNode(state, { ...parent, body: { ...body, tally, fall, active: body.active - (record.active ? 1 : 0) } });
}

/** Notes that something follows from a node once it is no longer held. */
export function deferIfHeld(state: RunState, record: NodeRecord, event: RunEvent): RunState {
  return isHeld(state, record) ? { ...state, deferred: mapWith(state.deferred, record.path, event.seq) } : state;
}

/** Marks a child as holding a place under its parent's `maxConcurrency`. */
export function activate(state: RunState, record: NodeRecord): RunState {
  if (record.active || record.parent === null) return state;
  const next = putNode(state, { ...record, active: true });
  const parent = nodeAt(next, record.parent);
  if (!record.counts || parent.body === null) return next;
  const body = { ...parent.body, active: parent.body.active + 1 };
  return purgeReady(putNode(next, { ...parent, body }), parent.path);
}
