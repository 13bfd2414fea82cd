import { countOpen, failureOfChild, type Fall, type Tally, type Verdict } from "./opening.ts";

/**
 * What the ends of its children mean for whatever needs all of them: a pipeline, a branch, an item, an iteration, a workflow. The first
 * that does not end well fails it. Rules NODE-4, NODE-3.
 */
export function judgeAll(tally: Tally, fall: Fall | null): Verdict {
  if (fall !== null && tally.failed + tally.cancelled > 0) return { kind: "fail", failure: failureOfChild(fall) };
  if (countOpen(tally) > 0) return { kind: "wait" };
  if (tally.total > 0 && tally.skipped === tally.total) return { kind: "skip", reason: "all its nodes were skipped" };
  return { kind: "complete", reason: tally.total === 0 ? "it has no nodes" : `all ${tally.total} nodes are done` };
}
