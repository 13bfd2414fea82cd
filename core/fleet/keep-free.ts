import type { AgentId } from "../model/id.ts";
import { couldTake, isOpen } from "./fit.ts";
import type { QueueEntry } from "./queue-entry.ts";
import { fullness, type Seat } from "./seat.ts";
import type { AlikeRow } from "./sorted-row.ts";

/** What needs more than a slot, and has been passed over by smaller ones for so long, gets an agent kept free for it. */
export const KEEP_FREE_AFTER_MS = 30_000;
/** And an agent that was kept free is open to all for so long before it is kept free again. */
export const OPEN_BETWEEN_MS = 30_000;

/** An agent that is kept free for what needs `key` says, since `atMs`; with null, one that was until then. */
export interface Kept {
  readonly key: string | null;
  readonly atMs: number;
}

/** `nowMs` is monotonic; `kept` is what the pass before gave. */
export interface Aging {
  readonly nowMs: number;
  readonly kept: ReadonlyMap<AgentId, Kept>;
}

/** What is kept of one pass for the next. */
export function restingAgents({ kept, nowMs }: Aging): Map<AgentId, Kept> {
  return new Map([...kept].filter(([, { key, atMs }]) => key === null && nowMs - atMs < OPEN_BETWEEN_MS));
}

/** The best of each kind of which nothing was taken for too long, the longest first. */
export function overdue(rows: readonly AlikeRow[], { nowMs }: Aging): readonly QueueEntry[] {
  return rows
    .filter(({ passedOverSinceMs }) => nowMs - passedOverSinceMs >= KEEP_FREE_AFTER_MS)
    .sort((a, b) => a.passedOverSinceMs - b.passedOverSinceMs)
    .flatMap(({ row }) => row.at(0) ?? []);
}

/** The seat that is kept free for what needs `key` says, or null. */
export function keptSeat(key: string, seats: readonly Seat[], { kept }: Aging): Seat | null {
  return seats.find(({ agent }) => kept.get(agent.id)?.key === key) ?? null;
}

/** The agent to be kept free for an entry that fits nowhere now: the emptiest that has a place for others, or null. */
export function seatToKeep(entry: QueueEntry, seats: Iterable<Seat>, taken: ReadonlyMap<AgentId, Kept>): Seat | null {
  let best: Seat | null = null;
  for (const seat of seats) {
    const { agent } = seat;
    if (taken.has(agent.id) || !isOpen(agent) || !couldTake(agent, entry.needs)) continue;
    if (best === null || fullness(agent) < fullness(best.agent)) best = seat;
  }
  return best;
}

/** How many of so many agents may be kept free at once. */
export function maxKept(agents: number): number {
  return Math.max(1, Math.floor(agents / 2));
}
