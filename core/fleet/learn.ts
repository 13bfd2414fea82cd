import type { RunTimes } from "../model/run-times.ts";

/** Patterns of one workflow whose times are kept one by one; the shortest go first, since they matter least. */
export const MAX_PATTERNS = 2_000;
/** How much the newest run counts against all before it. */
const NEWEST = 0.4;
const MIN_MS = 1;

/** What one run has shown of one pattern. Times are averaged by their logarithm, so that one that hung does not spoil the rest. */
export interface Sample {
  readonly count: number;
  readonly logSum: number;
}

/** A sample with one more time. */
export function withTime(sample: Sample | undefined, ms: number): Sample {
  return { count: (sample?.count ?? 0) + 1, logSum: (sample?.logSum ?? 0) + Math.log(Math.max(MIN_MS, ms)) };
}

/** What is expected after one more run. What the run did not come to keeps its time. */
export function learn(before: RunTimes | null, samples: ReadonlyMap<string, Sample>): RunTimes {
  const times = new Map(Object.entries(before?.times ?? {}));
  for (const [pattern, { count, logSum }] of samples) {
    const newest = logSum / count;
    const known = times.get(pattern);
    const mean = known === undefined ? newest : (1 - NEWEST) * Math.log(known) + NEWEST * newest;
    times.set(pattern, Math.max(MIN_MS, Math.round(Math.exp(mean))));
  }
  const longestFirst = [...times].sort(([, a], [, b]) => b - a);
  const kept = longestFirst.slice(0, MAX_PATTERNS);
  const others = longestFirst.length > kept.length ? longestFirst.slice(kept.length) : kept;
  const otherMs = others.reduce((sum, [, ms]) => sum + ms, 0) / Math.max(1, others.length);
  return { times: Object.fromEntries(kept), otherMs: Math.max(MIN_MS, Math.round(otherMs)) };
}

/** Checks what was kept of it; null when it is of another shape. */
export function parseRunTimes(value: unknown): RunTimes | null {
  if (value === null || typeof value !== "object" || !("times" in value) || !("otherMs" in value)) return null;
  const { times, otherMs } = value;
  if (!isTime(otherMs) || times === null || typeof times !== "object") return null;
  const entries = Object.entries(times).filter((entry): entry is [string, number] => isTime(entry[1]));
  return { times: Object.fromEntries(entries.slice(0, MAX_PATTERNS)), otherMs };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= MIN_MS;
}
