import type { AgentId } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";
import type { ResolvedRequirements } from "../model/attempt.ts";
import { type AgentCapacity, reserve } from "./capacity.ts";
import { isAway, isOpen, misfit } from "./fit.ts";
import { NeedsQueue } from "./needs-queue.ts";
import { needsKey, type QueueEntry } from "./queue-entry.ts";

export interface Placement {
  readonly entry: QueueEntry;
  readonly agent: AgentId;
}

/** `reason` is a sentence for people and says the smallest change that would start it. Rule NODE-2. */
export interface Waiting {
  readonly entry: QueueEntry;
  readonly reason: string;
  /** It holds for all that need the same: these were passed over. */
  readonly isOfAllAlike?: boolean;
}

export interface Schedule {
  readonly placements: readonly Placement[];
  /**
   * Those that were looked at and fit nowhere now. Entries that were not looked at wait for a free slot, or, with no agent at hand, for
   * what those told of the same pass wait for.
   */
  readonly waiting: readonly Waiting[];
}

export interface FleetView {
  readonly agents: readonly AgentCapacity[];
  /** Bytes of these files that the agent holds already. */
  readonly heldBytes: (agent: AgentId, files: readonly FileRef[]) => number;
}

/** A scheduling policy. `queue` comes best first by `compareEntries`. Both must be pure. Rule FLEET-7. */
export interface WorkflowScheduler {
  schedule(fleet: FleetView, queue: Iterable<QueueEntry>): Schedule;
  /** Asked when an agent was lost: what of its work goes where. */
  reschedule(fleet: FleetView, lost: Iterable<QueueEntry>): Schedule;
}

/** Fit first, then files that are there already, then the emptier, less loaded agent, then the order of pairing. */
export const defaultScheduler: WorkflowScheduler = { schedule: place, reschedule: place };

/** Entries that are told why they wait while no agent could take any work at all. */
export const MAX_TOLD_WHILE_AWAY = 1_000;

/** An agent during one pass: `agent` is replaced by what is left of it when it gets something. */
interface Seat {
  agent: AgentCapacity;
}

function place(fleet: FleetView, queue: Iterable<QueueEntry>): Schedule {
  const seats = fleet.agents.map((agent): Seat => ({ agent }));
  const open = seats.filter(({ agent }) => isOpen(agent));
  // Where agents are at work, a slot will be free by itself; where none is, nothing would tell the others what is the matter.
  const maxTold = fleet.agents.some((agent) => !isAway(agent)) ? 1 : MAX_TOLD_WHILE_AWAY;
  // Capacity only shrinks within a pass: what fits nowhere once fits nowhere again, and for the same reason.
  const misfits = new Map<string, string>();
  const placements: Placement[] = [];
  const waiting: Waiting[] = [];
  const line = toLine(queue);
  while (open.length > 0 || waiting.length < maxTold) {
    const entry = line.next();
    if (entry === undefined) break;
    const key = needsKey(entry.needs);
    const chosen = misfits.has(key) ? null : choose(entry, open, fleet.heldBytes);
    if (chosen === null) {
      const reason = misfits.get(key) ?? whyWaiting(toAgents(seats), entry.needs);
      misfits.set(key, reason);
      waiting.push(line.isByNeeds ? { entry, reason, isOfAllAlike: true } : { entry, reason });
      line.skipAlike();
      continue;
    }
    placements.push({ entry, agent: chosen.agent.id });
    chosen.agent = { ...chosen.agent, used: reserve(chosen.agent.used, entry.needs) };
    if (!isOpen(chosen.agent)) open.splice(open.indexOf(chosen), 1);
  }
  return { placements, waiting };
}

function toAgents(seats: readonly Seat[]): readonly AgentCapacity[] {
  return seats.map(({ agent }) => agent);
}

/** A queue to go through; one that is kept by needs can pass over those that need the same. */
interface Line {
  readonly isByNeeds: boolean;
  next(): QueueEntry | undefined;
  skipAlike(): void;
}

function toLine(queue: Iterable<QueueEntry>): Line {
  if (queue instanceof NeedsQueue) {
    const walk = queue.walk();
    return { isByNeeds: true, next: () => walk.next(), skipAlike: () => walk.skipAlike() };
  }
  const entries = queue[Symbol.iterator]();
  const next = (): QueueEntry | undefined => {
    const { done, value } = entries.next();
    return done === true ? undefined : value;
  };
  return { isByNeeds: false, next, skipAlike: () => undefined };
}

function choose(entry: QueueEntry, open: readonly Seat[], heldBytes: FleetView["heldBytes"]): Seat | null {
  let best: Seat | null = null;
  let isBestAvoided = false;
  for (const seat of open) {
    if (misfit(seat.agent, entry.needs) !== null) continue;
    const isAvoided = entry.avoid.includes(seat.agent.id);
    const isBetter =
      best === null ||
      (isAvoided === isBestAvoided ? compareAgents(seat.agent, best.agent, entry, heldBytes) < 0 : isBestAvoided);
    if (!isBetter) continue;
    best = seat;
    isBestAvoided = isAvoided;
  }
  return best;
}

function compareAgents(
  a: AgentCapacity,
  b: AgentCapacity,
  entry: QueueEntry,
  heldBytes: FleetView["heldBytes"],
): number {
  if (entry.files.length > 0) {
    const held = heldBytes(b.id, entry.files) - heldBytes(a.id, entry.files);
    if (held !== 0) return held;
  }
  return share(a) - share(b) || a.load - b.load || a.ordinal - b.ordinal;
}

/** How full an agent is, 0 to 1. */
function share({ used, capabilities }: AgentCapacity): number {
  return used.slots / Math.max(1, capabilities?.slots ?? 1);
}

const MAX_AGENTS_NAMED = 5;

/** Why nothing can take it: which requirement fails on which agent, and the smallest change that would start it. Rule NODE-2. */
export function whyWaiting(agents: readonly AgentCapacity[], needs: ResolvedRequirements): string {
  if (agents.length === 0) return "no agent is paired: pair a machine, or use this one";
  const misfits = agents.flatMap((agent) => {
    const found = misfit(agent, needs);
    return found === null ? [] : [{ agent, ...found }];
  });
  const soon = misfits.filter(({ kind }) => kind === "now");
  const named = (soon.length > 0 ? soon : misfits).slice(0, MAX_AGENTS_NAMED);
  const rest = (soon.length > 0 ? soon : misfits).length - named.length;
  const list =
    named.map(({ agent, text }) => `${agent.name} ${text}`).join("; ") + (rest > 0 ? `; and ${String(rest)} more` : "");
  const change = named.find((one) => one.change !== null)?.change ?? null;
  const head = soon.length > 0 ? "waiting for an agent" : "no agent fits";
  return `${head}: ${list}${change === null ? "" : `. To start it: ${change}`}`;
}
