import type { ResolvedRequirements } from "../model/attempt.ts";
import type { AgentId, EpochMs, NodePath, RunId } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";

/** An attempt of a run that waits for an agent. Give it one with the input `assigned`. */
export interface QueuedAttempt {
  readonly path: NodePath;
  readonly needs: ResolvedRequirements;
  /** What it reads from other nodes, so that an agent that has it can be preferred. */
  readonly files: readonly FileRef[];
  /** Length of the longest chain of work that begins with it; only to be compared within one run. See `core/engine/remaining-path.ts`. */
  readonly remainingPath: number;
  readonly since: EpochMs;
  /** Rises with every attempt that a run queues: who came first. */
  readonly order: number;
  /** Agents it was lost on: taken only when no other fits. Rule FAULT-5. */
  readonly avoid: readonly AgentId[];
}

/** One of any run. */
export interface QueueEntry extends QueuedAttempt {
  readonly run: RunId;
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

/** Whether it needs more of an agent than a slot, so that smaller ones can fit where it does not. */
export function needsRoom({ cpus, memoryBytes, gpus, exclusive }: ResolvedRequirements): boolean {
  return exclusive || cpus > 0 || memoryBytes > 0 || gpus > 0;
}
