import type { ResolvedRequirements } from "../model/attempt.ts";
import type { AgentId } from "../model/id.ts";
import { type AgentCapacity, reserve } from "./capacity.ts";
import { isAway, isOpen, misfit } from "./fit.ts";
import { type Aging, keptSeat, type Kept, maxKept, overdue, restingAgents, seatToKeep } from "./keep-free.ts";
import { NeedsQueue } from "./needs-queue.ts";
import { needsKey, type QueueEntry } from "./queue-entry.ts";
import type { RunShares } from "./run-shares.ts";
import { choose, type HeldBytes, type Seat } from "./seat.ts";

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
  /** Agents that are kept free, or were a while ago: for the next pass. */
  readonly kept?: ReadonlyMap<AgentId, Kept>;
}

export interface FleetView {
  readonly agents: readonly AgentCapacity[];
  /** Bytes of these files that the agent holds already. */
  readonly heldBytes: HeldBytes;
  /** What each run has already. Absent: the order of the queue decides. */
  readonly shares?: RunShares;
  /** Absent: nothing is kept free for what is large. */
  readonly aging?: Aging;
}

/**
 * A scheduling policy. `queue` comes best first: runs in turn, in each the longest remaining path first. Both must be pure. Rule FLEET-7.
 */
export interface WorkflowScheduler {
  schedule(fleet: FleetView, queue: Iterable<QueueEntry>): Schedule;
  /** Asked when an agent was lost: what of its work goes where. */
  reschedule(fleet: FleetView, lost: Iterable<QueueEntry>): Schedule;
}

/**
 * The run with the least first, in it the longest remaining path. Each goes where it fits, and there to the emptier, less loaded agent
 * unless another holds so much of its files that moving them would cost more; then by the order of pairing.
 */
export const defaultScheduler: WorkflowScheduler = { schedule: place, reschedule: place };

/** Entries that are told why they wait while no agent could take any work at all. */
export const MAX_TOLD_WHILE_AWAY = 1_000;

/** One pass while it is made. */
interface Pass {
  readonly fleet: FleetView;
  readonly seats: readonly Seat[];
  /** Seats that could take something. */
  readonly open: Set<Seat>;
  readonly placements: Placement[];
  readonly waiting: Waiting[];
  /** Why needs fit nowhere, by their key. Capacity only shrinks within a pass: what fits nowhere once fits nowhere again. */
  readonly misfits: Map<string, string>;
}

function place(fleet: FleetView, queue: Iterable<QueueEntry>): Schedule {
  const seats = fleet.agents.map((agent): Seat => ({ agent }));
  const open = new Set(seats.filter(({ agent }) => isOpen(agent)));
  const pass: Pass = { fleet, seats, open, placements: [], waiting: [], misfits: new Map() };
  const { aging } = fleet;
  const kept = aging === undefined || !(queue instanceof NeedsQueue) ? undefined : placeOverdue(pass, queue, aging);
  placeInOrder(pass, toLine(queue, pass));
  const { placements, waiting } = pass;
  return kept === undefined ? { placements, waiting } : { placements, waiting, kept };
}

function placeInOrder(pass: Pass, line: Line): void {
  const { fleet, open, waiting, misfits } = pass;
  // Where agents are at work, a slot will be free by itself; where none is, nothing would tell the others what is the matter.
  const maxTold = fleet.agents.some((agent) => !isAway(agent)) ? 1 : MAX_TOLD_WHILE_AWAY;
  while (open.size > 0 || waiting.length < maxTold) {
    const entry = line.next();
    if (entry === undefined) break;
    const key = needsKey(entry.needs);
    const chosen = misfits.has(key) ? null : choose(entry, open, fleet.heldBytes);
    if (chosen !== null) {
      give(pass, entry, chosen);
      continue;
    }
    const reason = misfits.get(key) ?? whyWaiting(toAgents(pass.seats), entry.needs);
    misfits.set(key, reason);
    waiting.push(line.isByNeeds ? { entry, reason, isOfAllAlike: true } : { entry, reason });
    line.skipAlike();
  }
}

function give({ open, placements }: Pass, entry: QueueEntry, seat: Seat): void {
  placements.push({ entry, agent: seat.agent.id });
  seat.agent = { ...seat.agent, used: reserve(seat.agent.used, entry.needs) };
  if (!isOpen(seat.agent)) open.delete(seat);
}

/** What is large and was passed over for long gets an agent kept free for it, so that small ones cannot starve it. */
function placeOverdue(pass: Pass, queue: NeedsQueue, aging: Aging): ReadonlyMap<AgentId, Kept> {
  const kept = restingAgents(aging);
  const { seats, open, fleet, waiting, misfits } = pass;
  let left = maxKept(fleet.agents.filter((agent) => !isAway(agent)).length);
  for (const entry of overdue(queue.roomy(), aging)) {
    const key = needsKey(entry.needs);
    if (misfits.has(key)) continue;
    const before = keptSeat(key, seats, aging);
    if (before !== null && misfit(before.agent, entry.needs) === null) {
      kept.set(before.agent.id, { key: null, atMs: aging.nowMs });
      give(pass, entry, before);
      continue;
    }
    // What fits somewhere waits for its turn like all the others.
    if (choose(entry, open, fleet.heldBytes) !== null) continue;
    const seat = left === 0 ? null : before !== null && open.has(before) ? before : seatToKeep(entry, open, kept);
    if (seat === null) continue;
    kept.set(seat.agent.id, (before === seat && aging.kept.get(seat.agent.id)) || { key, atMs: aging.nowMs });
    const reason = `${whyWaiting(toAgents(seats), entry.needs)}; ${seat.agent.name} is kept free for it`;
    waiting.push({ entry, reason, isOfAllAlike: true });
    misfits.set(key, reason);
    seat.agent = { ...seat.agent, isKeptFree: true };
    open.delete(seat);
    left -= 1;
  }
  return kept;
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

/** What is placed already is left out. */
function toLine(queue: Iterable<QueueEntry>, { fleet, placements }: Pass): Line {
  if (queue instanceof NeedsQueue) {
    const walk = queue.walk(fleet.shares, new Set(placements.map(({ entry }) => entry)));
    return { isByNeeds: true, next: () => walk.next(), skipAlike: () => walk.skipAlike() };
  }
  const entries = queue[Symbol.iterator]();
  const next = (): QueueEntry | undefined => {
    const { done, value } = entries.next();
    return done === true ? undefined : value;
  };
  return { isByNeeds: false, next, skipAlike: () => undefined };
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
