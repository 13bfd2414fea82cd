import type { RunHead } from "../model/run.ts";
import type { ViewNode } from "./view-node.ts";

/** When a run stood still, as its header tells it. */
export type Pauses = Pick<RunHead, "pausedMs" | "pausedSince">;

/** Of what has never run. */
export const NEVER_PAUSED: Pauses = { pausedMs: 0 as RunHead["pausedMs"], pausedSince: null };

/**
 * Milliseconds a run has worked at `now`, without its pauses; null before it started. Stands still while the run is paused and once it
 * has ended. Needs nothing but the header, so that every window shows the same.
 */
export function runElapsedMs(head: RunHead, now: number): number | null {
  if (head.startedAt === null) return null;
  return workedMs(head.startedAt, head.endedAt ?? now, head, 0);
}

/** The same of a node that has not ended: from its first start, without the pauses of the run since then; null before it. */
export function nodeElapsedMs(node: ViewNode, pauses: Pauses, now: number): number | null {
  return node.startedAt === null ? null : workedMs(node.startedAt, now, pauses, node.pausedBefore);
}

function workedMs(from: number, now: number, { pausedMs, pausedSince }: Pauses, pausedBefore: number): number {
  return Math.max(0, (pausedSince ?? now) - from - (pausedMs - pausedBefore));
}
