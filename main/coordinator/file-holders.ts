import type { AgentId, Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";

/** Which agents hold which files: what their outcomes and their inputs told. Lives as long as the runs under way. */
export class FileHolders {
  readonly #agents = new Map<Sha256, Set<AgentId>>();

  add(agent: AgentId, files: readonly FileRef[]): void {
    for (const { sha256 } of files) {
      const agents = this.#agents.get(sha256);
      if (agents) agents.add(agent);
      else this.#agents.set(sha256, new Set([agent]));
    }
  }

  of(sha256: Sha256): readonly AgentId[] {
    return [...(this.#agents.get(sha256) ?? [])];
  }

  heldBytes(agent: AgentId, files: readonly FileRef[]): number {
    let bytes = 0;
    for (const { sha256, sizeBytes } of files) if (this.#agents.get(sha256)?.has(agent)) bytes += sizeBytes;
    return bytes;
  }
}
