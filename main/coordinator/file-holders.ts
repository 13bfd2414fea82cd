import type { AgentId, RunId, Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";

interface Held {
  readonly agents: Set<AgentId>;
  /** Runs under way that know of it. */
  readonly runs: Set<RunId>;
}

/** Which agents hold which files: what their outcomes told, and what they had in place when they began. */
export class FileHolders {
  readonly #held = new Map<Sha256, Held>();
  readonly #byRun = new Map<RunId, Set<Sha256>>();

  add(run: RunId, agent: AgentId, files: readonly FileRef[]): void {
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

  of(sha256: Sha256): readonly AgentId[] {
    return [...(this.#held.get(sha256)?.agents ?? [])];
  }

  heldBytes(agent: AgentId, files: readonly FileRef[]): number {
    let bytes = 0;
    for (const { sha256, sizeBytes } of files) if (this.#held.get(sha256)?.agents.has(agent)) bytes += sizeBytes;
    return bytes;
  }

  /** The run is over: what no other run knows of is forgotten. */
  dropRun(run: RunId): void {
    for (const sha256 of this.#byRun.get(run) ?? []) {
      const held = this.#held.get(sha256);
      held?.runs.delete(run);
      if (held?.runs.size === 0) this.#held.delete(sha256);
    }
    this.#byRun.delete(run);
  }

  /** The agent gives nothing any more. */
  forget(agent: AgentId): void {
    for (const { agents } of this.#held.values()) agents.delete(agent);
  }
}
