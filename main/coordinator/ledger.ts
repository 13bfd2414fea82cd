import type { LiveAttempt } from "#core/engine/attempts.ts";
import { NOTHING_USED, type Usage, reserve } from "#core/fleet/capacity.ts";
import { shareOf } from "#core/fleet/run-shares.ts";
import type { AgentWork } from "#core/model/agent.ts";
import type { AgentId, NodePath, RunId } from "#core/model/id.ts";

/** Which attempts are on which agents, over all runs, as the engine has it. */
export class Ledger {
  readonly #byNode = new Map<RunId, Map<NodePath, LiveAttempt>>();
  readonly #byAgent = new Map<AgentId, Map<string, LiveAttempt>>();
  readonly #inUse = new Map<RunId, number>();

  /** Makes the attempt of one node be `live` (null: none). Returns the agents whose usage changed. */
  set(run: RunId, path: NodePath, live: LiveAttempt | null): readonly AgentId[] {
    const ofRun = this.#byNode.get(run) ?? new Map<NodePath, LiveAttempt>();
    const before = ofRun.get(path) ?? null;
    if (before === null && live === null) return [];
    this.#use(run, shareOfLive(live) - shareOfLive(before));
    if (before !== null) this.#release(before.agent, `${run}/${path}`);
    if (live === null) {
      ofRun.delete(path);
      if (ofRun.size === 0) this.#byNode.delete(run);
    } else {
      ofRun.set(path, live);
      this.#byNode.set(run, ofRun);
      const ofAgent = this.#byAgent.get(live.agent) ?? new Map<string, LiveAttempt>();
      this.#byAgent.set(live.agent, ofAgent.set(`${run}/${path}`, live));
    }
    const agents = [before?.agent, live?.agent].filter((agent) => agent !== undefined);
    return [...new Set(agents)];
  }

  #use(run: RunId, change: number): void {
    const inUse = this.inUse(run) + change;
    if (inUse > 0) this.#inUse.set(run, inUse);
    else this.#inUse.delete(run);
  }

  /** What agents work on for the run now, in slots; what stands still is not counted. */
  inUse(run: RunId): number {
    return this.#inUse.get(run) ?? 0;
  }

  #release(agent: AgentId, node: string): void {
    const held = this.#byAgent.get(agent);
    held?.delete(node);
    if (held?.size === 0) this.#byAgent.delete(agent);
  }

  get(run: RunId, path: NodePath): LiveAttempt | null {
    return this.#byNode.get(run)?.get(path) ?? null;
  }

  on(agent: AgentId): readonly LiveAttempt[] {
    return [...(this.#byAgent.get(agent)?.values() ?? [])];
  }

  /** The newest of what it holds, the newest last. */
  work(agent: AgentId, limit: number): readonly AgentWork[] {
    return this.on(agent)
      .slice(-limit)
      .map(({ key, wanted }) => ({ run: key.run, path: key.path, isFrozen: wanted === "suspended" }));
  }

  paths(run: RunId): readonly NodePath[] {
    return [...(this.#byNode.get(run)?.keys() ?? [])];
  }

  /** Those that hold something. */
  agents(): readonly AgentId[] {
    return [...this.#byAgent.keys()];
  }

  usage(agent: AgentId): Usage {
    return this.on(agent).reduce(reserveLive, NOTHING_USED);
  }

  dropRun(run: RunId): readonly AgentId[] {
    const paths = [...(this.#byNode.get(run)?.keys() ?? [])];
    return [...new Set(paths.flatMap((path) => this.set(run, path, null)))];
  }
}

function shareOfLive(live: LiveAttempt | null): number {
  return live?.wanted === "running" ? shareOf(live.needs) : 0;
}

/** What is to stand still leaves its slot, CPUs and GPUs to others; its memory stays in use. */
function reserveLive(used: Usage, { needs, wanted }: LiveAttempt): Usage {
  if (wanted === "running") return reserve(used, needs);
  return { ...used, memoryBytes: used.memoryBytes + needs.memoryBytes };
}
