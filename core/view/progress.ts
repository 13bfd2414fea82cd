import type { NodeState, RunHead } from "../model/run.ts";
import type { TaskCounts } from "./run-tree.ts";

const FINAL_STATES: readonly NodeState[] = ["completed", "failed", "skipped", "cancelled"];

/** How far a run or a container is: finished tasks of all that are known now. `share` is 0..1. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly share: number;
}

/** The progress of a run, from its header. More tasks may appear as lists are expanded. */
export function runProgress(head: RunHead): Progress {
  let total = 0;
  for (const count of Object.values(head.counts)) total += count;
  let done = 0;
  for (const state of FINAL_STATES) done += head.counts[state];
  return { done, total, share: total === 0 ? (head.state === "completed" ? 1 : 0) : done / total };
}

/** The progress of a container, from its tasks. */
export function containerProgress(counts: TaskCounts | undefined): Progress {
  if (counts === undefined) return { done: 0, total: 0, share: 0 };
  const { completed = 0, failed = 0, skipped = 0, cancelled = 0 } = counts.byMark;
  const done = completed + failed + skipped + cancelled;
  return { done, total: counts.total, share: counts.total === 0 ? 0 : done / counts.total };
}
