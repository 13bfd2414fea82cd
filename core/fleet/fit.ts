import type { ResolvedRequirements } from "../model/attempt.ts";
import { type AgentCapacity, NOTHING_USED } from "./capacity.ts";

/**
 * Why an agent cannot take an attempt: `never` as it is set up now (some change of its set-up or of the node is needed), `now` because it is
 * busy, away or draining. `text` follows the agent's name in a sentence; `change` is the smallest step that would help, or null.
 */
export interface Misfit {
  readonly kind: "never" | "now";
  readonly text: string;
  readonly change: string | null;
}

/** Null when the agent can take the attempt at once. Rules FLEET-7, FLEET-8, NODE-2. */
export function misfit(agent: AgentCapacity, needs: ResolvedRequirements): Misfit | null {
  return lacking(agent, needs) ?? away(agent) ?? busy(agent, needs);
}

/** Whether the agent takes no work at present, however little it has. */
export function isAway(agent: AgentCapacity): boolean {
  return away(agent) !== null;
}

/** Whether the agent could take some attempt now: where not, every attempt is a misfit. */
export function isOpen(agent: AgentCapacity): boolean {
  const { capabilities, used } = agent;
  return !isAway(agent) && agent.isKeptFree !== true && used.slots < (capabilities?.slots ?? 0) && !used.exclusive;
}

/** Whether the agent, with nothing else on it, could take the attempt. */
export function couldTake(agent: AgentCapacity, needs: ResolvedRequirements): boolean {
  return misfit({ ...agent, used: NOTHING_USED }, needs) === null;
}

function never(text: string, change: string): Misfit {
  return { kind: "never", text, change };
}

function lacking(agent: AgentCapacity, needs: ResolvedRequirements): Misfit | null {
  if (needs.agent !== null && needs.agent !== agent.name && needs.agent !== agent.id) {
    return never(`is not the agent “${needs.agent}”`, `pair an agent named ${needs.agent}`);
  }
  const has = agent.capabilities;
  if (has === null) return null;
  const missing = needs.labels.filter((label) => !has.labels.includes(label) && !has.programs.includes(label));
  if (missing.length > 0) {
    return never(
      `lacks the label ${missing.join(", ")}`,
      `start ${agent.name} with ${missing.map((label) => `--label ${label}`).join(" ")}`,
    );
  }
  if (needs.cpus > has.cpus)
    return never(`has ${count(has.cpus, "CPU")}, needed are ${String(needs.cpus)}`, "ask for fewer cpus");
  if (needs.memoryBytes > has.memoryBytes) {
    return never(
      `has ${mebibytes(has.memoryBytes)} of memory, needed are ${mebibytes(needs.memoryBytes)}`,
      "ask for less memory",
    );
  }
  if (needs.gpus > has.gpus)
    return never(`has ${count(has.gpus, "GPU")}, needed are ${String(needs.gpus)}`, "pair a machine with enough GPUs");
  return null;
}

function away(agent: AgentCapacity): Misfit | null {
  if (agent.draining) return { kind: "now", text: "is draining", change: `end the drain of ${agent.name}` };
  if (agent.status === "offline" || agent.capabilities === null) {
    return { kind: "now", text: "is offline", change: `start the agent on ${agent.name}` };
  }
  if (agent.status === "failed") return { kind: "now", text: "cannot work at the moment", change: null };
  return null;
}

function busy(agent: AgentCapacity, needs: ResolvedRequirements): Misfit | null {
  const has = agent.capabilities;
  if (has === null) return null;
  const { used } = agent;
  const now = (text: string): Misfit => ({ kind: "now", text, change: null });
  if (agent.isKeptFree === true) return now("is kept free for a larger task that has waited long");
  if (used.slots >= has.slots) return now(`has all ${count(has.slots, "slot")} in use`);
  if (used.exclusive) return now("is reserved by an exclusive task");
  if (needs.exclusive && used.slots > 0) return now("is not empty, as an exclusive task needs it");
  if (used.cpus + needs.cpus > has.cpus)
    return now(`has ${String(has.cpus - used.cpus)} of ${count(has.cpus, "CPU")} free`);
  if (used.memoryBytes + needs.memoryBytes > has.memoryBytes) {
    return now(`has ${mebibytes(has.memoryBytes - used.memoryBytes)} of memory free`);
  }
  if (used.gpus + needs.gpus > has.gpus)
    return now(`has ${String(has.gpus - used.gpus)} of ${count(has.gpus, "GPU")} free`);
  return null;
}

function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? "" : "s"}`;
}

function mebibytes(bytes: number): string {
  return `${String(Math.floor(bytes / 2 ** 20))} MiB`;
}
