import type { JsonRecord } from "../output.ts";

/** What one round of a benchmark measured: values by metric. */
export type Measures = Readonly<Record<string, number>>;

/** Three digits that count: more would only be noise. */
const DIGITS = 4;

/** One metric over all rounds, as `bench --json` prints it. */
export function figureRecord(
  bench: string,
  metric: string,
  values: readonly number[],
  settings: Readonly<Record<string, unknown>>,
): JsonRecord {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.round(share * (sorted.length - 1))] ?? 0);
  const [min, median, max] = [at(0), round(middle(sorted)), at(1)];
  return { kind: "figure", bench, metric, unit: unitOf(metric), min, median, max, reps: values.length, settings };
}

/** The value that `share` of the sorted values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function middle(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (upper + lower) / 2;
}

function round(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

/** Metrics carry their unit in their name. */
function unitOf(metric: string): string {
  if (metric.endsWith("tasks_per_second")) return "tasks/s";
  if (metric.endsWith("mb_per_second")) return "MB/s";
  if (metric.startsWith("ratio")) return "1";
  return "ms";
}
