import { queuedAttempts } from "#core/engine/queries.ts";
import { rootOf } from "#core/engine/records.ts";
import type { RunState } from "#core/engine/state.ts";
import { type AgentCapacity, NOTHING_USED } from "#core/fleet/capacity.ts";
import type { QueueEntry } from "#core/fleet/queue-entry.ts";
import { defaultScheduler, type WorkflowScheduler } from "#core/fleet/schedule.ts";
import type { ResolvedRequirements } from "#core/model/attempt.ts";
import type { AgentId, NodePath } from "#core/model/id.ts";
import { messageOf } from "./errors.ts";

/** This process, as a scheduler sees it: one agent that can do everything. */
const THIS_PROCESS = "0000000000000000" as AgentId;
const NO_NEEDS: ResolvedRequirements = {
  labels: [],
  cpus: 0,
  memoryBytes: 0,
  gpus: 0,
  exclusive: false,
  agent: null,
};

/** Says which attempts begin now: a scheduler's choice, with this process for the only agent. What tasks need of a machine is not looked at. */
export class Placer {
  readonly agent = THIS_PROCESS;
  readonly #scheduler: WorkflowScheduler | null;
  readonly #slots: number;
  #trouble: string | null = null;

  constructor(scheduler: WorkflowScheduler | null, slots: number) {
    this.#scheduler = scheduler;
    this.#slots = slots;
  }

  /** `failed` is told once of what the scheduler does wrong; the default one then does its work. Rule FAULT-7. */
  place(state: RunState, failed: (message: string) => void): readonly NodePath[] {
    const free = this.#slots - state.live.size;
    if (free <= 0 || state.queue.size === 0) return [];
    if (this.#scheduler === null) return queuedAttempts(state, free).map(({ path }) => path);
    const queue = toEntries(state);
    if (queue.length === 0) return [];
    try {
      const chosen = this.#ask(this.#scheduler, state, queue).slice(0, free);
      const isStuck = chosen.length === 0 && state.live.size === 0 && state.timers.size === 0;
      if (isStuck && rootOf(state).hold === null) throw new Error("it chose nothing, although nothing runs");
      this.#trouble = null;
      return chosen;
    } catch (error) {
      const message = `the scheduler failed, the default one does its work: ${messageOf(error)}`;
      if (this.#trouble !== message) failed(message);
      this.#trouble = message;
      return this.#ask(defaultScheduler, state, queue).slice(0, free);
    }
  }

  #ask(scheduler: WorkflowScheduler, state: RunState, queue: readonly QueueEntry[]): readonly NodePath[] {
    const { placements } = scheduler.schedule({ agents: [this.#capacity(state)], heldBytes: () => 0 }, queue);
    const known = new Set(queue.map(({ path }) => path));
    return placements.map(({ entry, agent }) => {
      if (agent !== THIS_PROCESS) throw new Error(`it chose the agent "${agent}", which is not this process`);
      if (!known.delete(entry.path)) throw new Error(`it chose ${entry.path}, which does not wait, or chose it twice`);
      return entry.path;
    });
  }

  #capacity(state: RunState): AgentCapacity {
    return {
      id: THIS_PROCESS,
      name: "this process",
      ordinal: 0,
      status: "online",
      draining: false,
      capabilities: {
        labels: [],
        os: process.platform,
        arch: process.arch,
        cpus: this.#slots,
        memoryBytes: 0,
        gpus: 0,
        programs: [],
        slots: this.#slots,
        canFreeze: false,
      },
      used: { ...NOTHING_USED, slots: state.live.size },
      load: 0,
    };
  }
}

function toEntries(state: RunState): readonly QueueEntry[] {
  return queuedAttempts(state).map((queued) => ({ run: state.run, ...queued, needs: NO_NEEDS }));
}
