import { assert } from "../base/assert.ts";
import { heapRest, heapWith } from "../base/persistent-heap.ts";
import { mapGet, mapWith, mapWithout } from "../base/persistent-map.ts";
import type { RunEvent } from "../model/event.ts";
import type { NodePath } from "../model/id.ts";
import type { EventData } from "./event-data.ts";
import { activate } from "./fold-settle.ts";
import { nodeAt, putNode, startOf } from "./records.ts";
import { remainingPath } from "./remaining-path.ts";
import type { NodeRecord, QueueEntry, QueueTicket, RunState } from "./state.ts";

type Of<Kind extends EventData["kind"]> = Extract<EventData, { readonly kind: Kind }>;

/** First the longest remaining path, then who waited longest. Rule FLEET-7. */
export function byTurn(a: QueueTicket, b: QueueTicket): number {
  return b.remainingPath - a.remainingPath || a.seq - b.seq;
}

/** An attempt joins the queue. */
export function foldQueued(state: RunState, event: RunEvent, { plan, purpose }: Of<"queued">): RunState {
  const record = nodeAt(state, event.path);
  const entry = { plan, purpose, since: event.time, avoid: [] };
  const queued = enqueue(state, record, entry, event.seq);
  if (purpose === "compensation") return queued;
  return activate(putNode(queued, { ...record, reason: event.reason }), { ...record, reason: event.reason });
}

function enqueue(state: RunState, record: NodeRecord, entry: Omit<QueueEntry, "ticket">, seq: number): RunState {
  const ticket: QueueTicket = { path: record.path, remainingPath: remainingPath(state, record), seq };
  const queue = mapWith(state.queue, record.path, { ...entry, ticket });
  return { ...state, queue, tickets: heapWith(state.tickets, ticket, byTurn) };
}

/** Takes an attempt out of the queue, if it is there. */
export function dequeue(state: RunState, path: NodePath): RunState {
  const queue = mapWithout(state.queue, path);
  if (queue === state.queue) return state;
  let { tickets } = state;
  while (tickets !== null && mapGet(queue, tickets.value.path)?.ticket.seq !== tickets.value.seq)
    tickets = heapRest(tickets, byTurn);
  return { ...state, queue, tickets };
}

/** An agent gets the attempt. */
export function foldAssigned(state: RunState, event: RunEvent, { agent, fence }: Of<"assigned">): RunState {
  const record = nodeAt(state, event.path);
  const entry = mapGet(state.queue, event.path);
  assert(entry !== undefined, `${event.path} is not queued`);
  const { plan, purpose, avoid } = entry;
  const live = mapWith(state.live, event.path, { fence, agent, plan, purpose, avoid, suspended: false });
  const next: RunState = { ...dequeue(state, event.path), live, fence };
  if (purpose === "compensation") return putNode(next, { ...record, attempt: plan.attempt });
  return putNode(next, {
    ...record,
    state: "running",
    reason: event.reason,
    agent,
    tries: record.tries + (plan.attempt > record.attempt ? 1 : 0),
    attempt: plan.attempt,
    progress: null,
    ...startOf(state, record, event),
  });
}

/** The agent stopped the process in place, or let it go on. */
export function foldSuspended(state: RunState, event: RunEvent, suspended: boolean): RunState {
  const entry = mapGet(state.live, event.path);
  assert(entry !== undefined && entry.suspended !== suspended, `${event.path} cannot change to suspended ${suspended}`);
  const live = mapWith(state.live, event.path, { ...entry, suspended });
  const next = { ...state, live, frozen: state.frozen + (suspended ? 1 : -1) };
  if (entry.purpose === "compensation") return next;
  const to = suspended ? "suspended" : "running";
  return putNode(next, { ...nodeAt(state, event.path), state: to, reason: event.reason });
}

/** The agent is lost: the same attempt waits for another one. Rule FAULT-5. */
export function foldLost(state: RunState, event: RunEvent, { agent }: Of<"lost">): RunState {
  const record = nodeAt(state, event.path);
  const entry = mapGet(state.live, event.path);
  assert(entry !== undefined, `${event.path} is on no agent`);
  const { plan, purpose } = entry;
  const avoid = [...entry.avoid.filter((other) => other !== agent), agent];
  const next = enqueue(dropLive(state, event.path), record, { plan, purpose, avoid, since: event.time }, event.seq);
  const losses = record.losses + 1;
  if (purpose === "compensation") return putNode(next, { ...record, losses });
  return putNode(next, { ...record, losses, state: "suspended", reason: event.reason, agent: null });
}

/** Forgets that an agent holds the node's attempt, if one does. */
export function dropLive(state: RunState, path: NodePath): RunState {
  const entry = mapGet(state.live, path);
  if (entry === undefined) return state;
  return { ...state, live: mapWithout(state.live, path), frozen: state.frozen - (entry.suspended ? 1 : 0) };
}
