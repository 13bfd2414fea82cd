import type { AgentId, RunId, Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import { UnreachedHolders } from "./unreached-holders.ts";

interface Held {
  readonly agents: Set<AgentId>;
  /** Runs under way that know of it. */
  readonly runs: Set<RunId>;
}

/** Files of one run that one agent keeps for it, until the run is over. */
export interface KeptForRun {
  readonly agent: AgentId;
  readonly run: RunId;
  readonly files: readonly Sha256[];
}

/** Which agents hold which files: what their outcomes told, and what they had in place when they began. What is gone they tell. */
export class FileHolders {
  readonly #held = new Map<Sha256, Held>();
  readonly #byRun = new Map<RunId, Set<Sha256>>();
  /** By run and agent: files that were made there, which the agent keeps for the run. */
  readonly #kept = new Map<RunId, Map<AgentId, Set<Sha256>>>();
  #recalled: KeptForRun[] = [];
  readonly unreached = new UnreachedHolders();

  /** An agent has made files for a run. */
  add(run: RunId, agent: AgentId, files: readonly FileRef[]): void {
    this.addCopies(run, agent, files);
    if (files.length === 0) return;
    const ofRun = this.#kept.get(run) ?? new Map<AgentId, Set<Sha256>>();
    this.#kept.set(run, ofRun);
    const ofAgent = ofRun.get(agent) ?? new Set();
    ofRun.set(agent, ofAgent);
    for (const { sha256 } of files) ofAgent.add(sha256);
  }

  /** It has files that others have made. */
  addCopies(run: RunId, agent: AgentId, files: readonly FileRef[]): void {
    if (files.length === 0) return;
    const ofRun = this.#byRun.get(run) ?? new Set();
    this.#byRun.set(run, ofRun);
    for (const { sha256 } of files) {
      const held = this.#held.get(sha256) ?? { agents: new Set(), runs: new Set() };
      this.#held.set(sha256, held);
      held.agents.add(agent);
      held.runs.add(run);
      ofRun.add(sha256);
    }
  }

  /** As `add`, for what a run found in the journal says: whether it is still there, and is kept, the agent has to be asked. */
  recall(run: RunId, agent: AgentId, files: readonly FileRef[]): void {
    if (files.length === 0) return;
    this.add(run, agent, files);
    this.#recalled.push({ run, agent, files: files.map(({ sha256 }) => sha256) });
  }

  /** What was recalled since the last call. */
  takeRecalled(): readonly KeptForRun[] {
    return this.#recalled.splice(0);
  }

  of(sha256: Sha256): readonly AgentId[] {
    return [...(this.#held.get(sha256)?.agents ?? [])];
  }

  heldBytes(agent: AgentId, files: readonly FileRef[]): number {
    let bytes = 0;
    for (const { sha256, sizeBytes } of files) if (this.#held.get(sha256)?.agents.has(agent)) bytes += sizeBytes;
    return bytes;
  }

  /** What the agent is to keep, for each run under way. */
  keptBy(agent: AgentId): readonly KeptForRun[] {
    const kept: KeptForRun[] = [];
    for (const [run, agents] of this.#kept) {
      const files = agents.get(agent);
      if (files !== undefined) kept.push({ run, agent, files: [...files] });
    }
    return kept;
  }

  /** The agent has these no more. */
  drop(agent: AgentId, files: readonly Sha256[]): void {
    for (const sha256 of files) {
      const held = this.#held.get(sha256);
      held?.agents.delete(agent);
      for (const run of held?.runs ?? []) this.#kept.get(run)?.get(agent)?.delete(sha256);
    }
  }

  /** The run is over: what no other run knows of is forgotten. Returns the agents that have kept files for it. */
  dropRun(run: RunId): readonly AgentId[] {
    for (const sha256 of this.#byRun.get(run) ?? []) {
      const held = this.#held.get(sha256);
      held?.runs.delete(run);
      if (held?.runs.size === 0) this.#held.delete(sha256);
    }
    this.#byRun.delete(run);
    const agents = [...(this.#kept.get(run)?.keys() ?? [])];
    this.#kept.delete(run);
    return agents;
  }

  /** The agent gives nothing any more. */
  forget(agent: AgentId): void {
    for (const { agents } of this.#held.values()) agents.delete(agent);
    for (const agents of this.#kept.values()) agents.delete(agent);
  }
}
