import type { ResolvedRequirements } from "../model/attempt.ts";
import type { AgentId, EpochMs, NodePath, RunId } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";

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

/** Longest remaining path first, then who waited longest; a total order, since no two entries of a run have the same `order`. */
export function compareEntries(a: QueueEntry, b: QueueEntry): number {
  if (a.remainingPath !== b.remainingPath) return b.remainingPath - a.remainingPath;
  if (a.since !== b.since) return a.since - b.since;
  if (a.run !== b.run) return a.run < b.run ? -1 : 1;
  return a.order - b.order;
}

/** Only a memo: needs are never changed, and entries stay in the queue for many passes. */
const needsKeys = new WeakMap<ResolvedRequirements, string>();

/** The same text for equal needs. */
export function needsKey(needs: ResolvedRequirements): string {
  let key = needsKeys.get(needs);
  if (key === undefined) {
    const { labels, cpus, memoryBytes, gpus, exclusive, agent } = needs;
    needsKeys.set(needs, (key = JSON.stringify([labels, cpus, memoryBytes, gpus, exclusive, agent])));
  }
  return key;
}
