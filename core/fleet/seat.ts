import type { AgentId } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";
import type { AgentCapacity } from "./capacity.ts";
import { misfit } from "./fit.ts";
import type { QueueEntry } from "./queue-entry.ts";

/** An agent during one pass: `agent` is replaced by what is left of it when it gets something. */
export interface Seat {
  agent: AgentCapacity;
}

export type HeldBytes = (agent: AgentId, files: readonly FileRef[]) => number;

/** Files of so many bytes that are there already weigh as much as an agent that is empty against one that is full: 1 s of a fast network. */
export const BYTES_WORTH_AN_AGENT = 128 * 1024 * 1024;
/** What its load adds, beside what we gave it, when every CPU is busy. */
const FULL_LOAD = 0.5;

/** How full an agent is by its slots, from 0 to 1, and how busy its machine is, which adds up to `FULL_LOAD`. */
export function fullness({ used, capabilities, load }: AgentCapacity): number {
  return used.slots / Math.max(1, capabilities?.slots ?? 1) + FULL_LOAD * Math.min(1, Math.max(0, load));
}

/** Where an entry is best off among the seats it fits, or null. An agent that it was lost on is taken when there is no other. */
export function choose(entry: QueueEntry, seats: Iterable<Seat>, heldBytes: HeldBytes): Seat | null {
  let best: { readonly seat: Seat; readonly isAvoided: boolean; readonly cost: number } | null = null;
  for (const seat of seats) {
    const { agent } = seat;
    if (misfit(agent, entry.needs) !== null) continue;
    const isAvoided = entry.avoid.includes(agent.id);
    const bytes = entry.files.length > 0 ? heldBytes(agent.id, entry.files) : 0;
    const cost = fullness(agent) - bytes / BYTES_WORTH_AN_AGENT;
    const isBetter =
      best === null ||
      (isAvoided === best.isAvoided
        ? cost < best.cost || (cost === best.cost && agent.ordinal < best.seat.agent.ordinal)
        : best.isAvoided);
    if (isBetter) best = { seat, isAvoided, cost };
  }
  return best?.seat ?? null;
}
