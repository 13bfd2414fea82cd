import type { RunHead } from "../model/run.ts";

/** A stretch in which a run stood still; `until` is null while it lasts. */
export interface Pause {
  readonly from: number;
  readonly until: number | null;
}

/** The pauses of a run after a new header was seen at `now`: one begins when it is paused, and ends when it is not. */
export function notePause(pauses: readonly Pause[], head: RunHead, now: number): readonly Pause[] {
  const last = pauses.at(-1);
  const isOpen = last !== undefined && last.until === null;
  if (head.state === "paused") return isOpen ? pauses : [...pauses, { from: now, until: null }];
  return isOpen ? [...pauses.slice(0, -1), { from: last.from, until: now }] : pauses;
}

/** Milliseconds between two moments without the pauses in between; never below 0. */
export function activeMs(from: number, until: number, pauses: readonly Pause[]): number {
  let total = until - from;
  for (const pause of pauses) {
    total -= Math.max(0, Math.min(pause.until ?? until, until) - Math.max(pause.from, from));
  }
  return Math.max(total, 0);
}
