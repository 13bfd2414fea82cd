import type { AgentId, EpochMs, NodePath, RunId } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";
import type { ResolvedRequirements } from "../model/attempt.ts";
import { type AgentCapacity, reserve } from "./capacity.ts";
import { isAway, isOpen, misfit } from "./fit.ts";

/** An attempt that waits for an agent. */
export interface QueueEntry {
  readonly run: RunId;
  readonly path: NodePath;
  readonly needs: ResolvedRequirements;
  readonly files: readonly FileRef[];
  /** Length of the longest chain of work that waits behind it. */
  readonly remainingPath: number;
  readonly since: EpochMs;
  /** Among the entries of one run: who was queued first. */
  readonly order: number;
  /** Agents it was lost on: taken only when no other fits. */
  readonly avoid: readonly AgentId[];
}

export interface Placement {
  readonly entry: QueueEntry;
  readonly agent: AgentId;
}

/** `reason` is a sentence for people and says the smallest change that would start it. Rule NODE-2. */
export interface Waiting {
  readonly entry: QueueEntry;
  readonly reason: string;
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

/** Longest remaining path first, then who waited longest; a total order, since no two entries of a run have the same `order`. */
export function compareEntries(a: QueueEntry, b: QueueEntry): number {
  if (a.remainingPath !== b.remainingPath) return b.remainingPath - a.remainingPath;
  if (a.since !== b.since) return a.since - b.since;
  if (a.run !== b.run) return a.run < b.run ? -1 : 1;
  return a.order - b.order;
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
  for (const entry of queue) {
    if (open.length === 0 && waiting.length >= maxTold) break;
    const key = needsKey(entry.needs);
    const known = misfits.get(key);
    if (known !== undefined) {
      waiting.push({ entry, reason: known });
      continue;
    }
    const chosen = choose(entry, open, fleet.heldBytes);
    if (chosen === null) {
      const reason = whyWaiting(
        seats.map(({ agent }) => agent),
        entry.needs,
      );
      misfits.set(key, reason);
      waiting.push({ entry, reason });
      continue;
    }
    placements.push({ entry, agent: chosen.agent.id });
    chosen.agent = { ...chosen.agent, used: reserve(chosen.agent.used, entry.needs) };
    if (!isOpen(chosen.agent)) open.splice(open.indexOf(chosen), 1);
  }
  return { placements, waiting };
}

/** Only a memo: needs are never changed, and entries stay in the queue for many passes. */
const needsKeys = new WeakMap<ResolvedRequirements, string>();

/** The same text for equal needs. */
function needsKey(needs: ResolvedRequirements): string {
  let key = needsKeys.get(needs);
  if (key === undefined) {
    const { labels, cpus, memoryBytes, gpus, exclusive, agent } = needs;
    needsKeys.set(needs, (key = JSON.stringify([labels, cpus, memoryBytes, gpus, exclusive, agent])));
  }
  return key;
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
