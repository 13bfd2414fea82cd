import type { RunId } from "../model/id.ts";
import type { RunHead, WorkflowState } from "../model/run.ts";
import { runProgress } from "./progress.ts";

export const RUN_ORDERS = ["started", "workflow", "state", "duration", "progress", "failed"] as const;
export type RunOrder = (typeof RUN_ORDERS)[number];

/** How far back runs are shown, in milliseconds. */
export const SINCE_MS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const;
export type Since = keyof typeof SINCE_MS;

/** Which runs a list shows, and in which order. Null and `""` leave nothing out. */
export interface RunFilter {
  readonly search: string;
  readonly state: WorkflowState | null;
  readonly workflow: string | null;
  readonly since: Since | null;
  readonly forked: boolean;
  readonly order: RunOrder;
  readonly descending: boolean;
}

export const NO_FILTER: RunFilter = {
  search: "",
  state: null,
  workflow: null,
  since: null,
  forked: false,
  order: "started",
  descending: true,
};

/** Earlier runs that a run is compared with, the newest ones. */
const COMPARED_RUNS = 20;
/** With fewer, nothing is said of what is usual. */
const MIN_COMPARED = 2;

/** How long a run took, against the median of earlier completed ones of its workflow. */
export interface DurationComparison {
  readonly durationMs: number;
  readonly medianMs: number;
  /** Above 0 slower than usual, below faster: 0.2 is a fifth slower. */
  readonly change: number;
}

/** The working time of a run so far: without its pauses. Null before it started. */
export function runDurationMs(head: RunHead, now: number): number | null {
  if (head.startedAt === null) return null;
  const end = head.endedAt ?? head.pausedSince ?? now;
  return Math.max(end - head.startedAt - head.pausedMs, 0);
}

/** Every ended run with enough completed ones of the same workflow before it. */
export function compareDurations(heads: Iterable<RunHead>): ReadonlyMap<RunId, DurationComparison> {
  const comparisons = new Map<RunId, DurationComparison>();
  const earlier = new Map<string, number[]>();
  for (const head of [...heads].sort((a, b) => a.createdAt - b.createdAt)) {
    if (head.endedAt === null) continue;
    const durationMs = runDurationMs(head, head.endedAt);
    if (durationMs === null) continue;
    const before = earlier.get(head.workflow) ?? [];
    earlier.set(head.workflow, before);
    if (before.length >= MIN_COMPARED) {
      const medianMs = median(before);
      const change = medianMs === 0 ? 0 : durationMs / medianMs - 1;
      comparisons.set(head.run, { durationMs, medianMs, change });
    }
    if (head.state === "completed") before.push(durationMs);
    if (before.length > COMPARED_RUNS) before.shift();
  }
  return comparisons;
}

/** The middle of some numbers, of an even count the mean of the two in the middle; 0 of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}

/** The runs that a filter lets through, in its order; equals by their beginning, the newest first. */
export function filterRuns(heads: Iterable<RunHead>, filter: RunFilter, now: number): readonly RunHead[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const from = filter.since === null ? -Infinity : now - SINCE_MS[filter.since];
  const kept = [...heads].filter(
    (head) =>
      head.createdAt >= from &&
      (filter.state === null || head.state === filter.state) &&
      (filter.workflow === null || head.workflow === filter.workflow) &&
      (!filter.forked || head.forkedFrom !== undefined) &&
      words.every((word) => searchText(head).includes(word)),
  );
  const sign = filter.descending ? -1 : 1;
  return kept.sort((a, b) => sign * compareBy(a, b, filter.order, now) || b.createdAt - a.createdAt);
}

function searchText(head: RunHead): string {
  return `${head.workflow} ${head.run} ${head.error?.message ?? ""} ${JSON.stringify(head.inputs)}`.toLowerCase();
}

function compareBy(a: RunHead, b: RunHead, order: RunOrder, now: number): number {
  switch (order) {
    case "started":
      return (a.startedAt ?? a.createdAt) - (b.startedAt ?? b.createdAt);
    case "workflow":
      return compareTexts(a.workflow, b.workflow);
    case "state":
      return compareTexts(a.state, b.state);
    case "duration":
      return (runDurationMs(a, now) ?? -1) - (runDurationMs(b, now) ?? -1);
    case "progress":
      return runProgress(a).share - runProgress(b).share;
    case "failed":
      return a.counts.failed - b.counts.failed;
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
