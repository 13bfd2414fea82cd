import type { NodePath } from "./id.ts";

/** How long the tasks of a workflow took in earlier runs: milliseconds by pattern, see `toPattern`. */
export interface RunTimes {
  readonly times: Readonly<Record<string, number>>;
  /** What those that are not named took, taken together; where all are named, the mean. At least 1. */
  readonly otherMs: number;
}

/** Nothing is known: every task counts the same. */
export const NO_TIMES: RunTimes = { times: {}, otherMs: 1 };

/** What all items and iterations of a node have in common: `resize[3]/one` is `resize[]/one`. */
export function toPattern(path: NodePath): string {
  return path.includes("[") ? path.replace(/\[\d+\]/g, "[]") : path;
}

/** What a task with this pattern is expected to take. */
export function expectedMs({ times, otherMs }: RunTimes, pattern: string): number {
  // A node may be named like something that every object has.
  return Object.hasOwn(times, pattern) ? (times[pattern] ?? otherMs) : otherMs;
}
