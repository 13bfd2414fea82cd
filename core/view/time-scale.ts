import type { EventTone, Timeline } from "../model/timeline.ts";

/** What a quiet stretch takes where idle gaps are shortened. */
export const SHORT_GAP_MS = 2_000;

/** A place on the axis: event `seq` lies at `ms` from the beginning, quiet stretches shortened or not. */
interface Knot {
  readonly seq: number;
  readonly ms: number;
}

/** Ways between the events of a run, the time that its timeline shows, and the width it has. */
export interface TimeScale {
  readonly knots: readonly Knot[];
  readonly lengthMs: number;
  readonly last: number;
}

/** The axis of a timeline. Among the events of one bucket time is taken to pass evenly. */
export function toTimeScale({ buckets, size, seq, lastAt }: Timeline, gaps: "short" | "whole"): TimeScale {
  const knots: Knot[] = [];
  let ms = 0;
  const starts = buckets.map((bucket, index) => ({ seq: index * size + 1, at: bucket.at }));
  const ends = [...starts, { seq, at: lastAt }];
  let before = starts[0] ?? { seq: 1, at: lastAt };
  for (const one of ends) {
    const limit = gaps === "short" ? SHORT_GAP_MS * Math.max(1, one.seq - before.seq) : Infinity;
    ms += Math.min(Math.max(0, one.at - before.at), limit);
    if (one.seq > (knots.at(-1)?.seq ?? 0)) knots.push({ seq: one.seq, ms });
    before = one;
  }
  return { knots, lengthMs: ms, last: seq };
}

/** Where event `seq` lies, from 0 to 1. Events at the same time lie apart by their number when all are. */
export function shareOf(scale: TimeScale, seq: number): number {
  if (scale.lengthMs === 0) return scale.last <= 1 ? 1 : (clamp(seq, 1, scale.last) - 1) / (scale.last - 1);
  return msOf(scale, seq) / scale.lengthMs;
}

/** How long after the beginning event `seq` is, on the axis. */
export function msOf({ knots, lengthMs, last }: TimeScale, seq: number): number {
  if (seq >= last) return lengthMs;
  const index = lastIndex(knots, (knot) => knot.seq <= seq);
  const from = knots[index];
  const to = knots[index + 1];
  if (from === undefined) return 0;
  if (to === undefined || to.seq === from.seq) return from.ms;
  return from.ms + ((to.ms - from.ms) * (seq - from.seq)) / (to.seq - from.seq);
}

/** The last event that lies at `share` of the axis or before it. */
export function seqAtShare(scale: TimeScale, share: number): number {
  if (scale.lengthMs === 0) return Math.round(1 + clamp(share, 0, 1) * (scale.last - 1));
  return seqAtMs(scale, clamp(share, 0, 1) * scale.lengthMs);
}

/** The last event that lies at most `ms` after the beginning. */
export function seqAtMs({ knots, last }: TimeScale, ms: number): number {
  const index = lastIndex(knots, (knot) => knot.ms <= ms);
  const from = knots[index];
  const to = knots[index + 1];
  if (from === undefined) return 1;
  if (to === undefined) return last;
  if (to.ms === from.ms) return from.seq;
  return from.seq + Math.floor(((to.seq - from.seq) * (ms - from.ms)) / (to.ms - from.ms));
}

/** What is drawn from the bottom to the top of a column. */
export const TONES: readonly EventTone[] = ["others", "ends", "starts", "pauses", "retries", "failures"];

/** One column of the strip: how high each tone reaches, from 0 to 1, on top of those before it in `TONES`. */
export type Column = Readonly<Record<EventTone, number>>;

/** What a column with a single event has of the height, at least. */
const LEAST_HEIGHT = 0.25;

/** Events counted by column, the fullest being 1 high: a square root, so that single events can be seen beside thousands. */
export function toColumns(timeline: Timeline, scale: TimeScale, count: number): readonly Column[] {
  const sums = Array.from({ length: count }, () => blank());
  for (const [index, bucket] of timeline.buckets.entries()) {
    const column = sums[Math.min(count - 1, Math.floor(shareOf(scale, index * timeline.size + 1) * count))];
    if (column !== undefined) for (const tone of TONES) column[tone] += bucket[tone];
  }
  const totals = sums.map((sum) => TONES.reduce((all, tone) => all + sum[tone], 0));
  const most = Math.max(1, ...totals);
  return sums.map((sum, index) => {
    const total = totals[index] ?? 0;
    const height = LEAST_HEIGHT + (1 - LEAST_HEIGHT) * Math.sqrt(total / most);
    const column = blank();
    for (const tone of TONES) column[tone] = total === 0 ? 0 : (height * sum[tone]) / total;
    return column;
  });
}

/** The place to go to from `at` among `places` (rising): the next after it, or the one before it; null when there is none. */
export function nextPlace(places: readonly number[], at: number, way: "next" | "previous"): number | null {
  const found = way === "next" ? places.find((place) => place > at) : places.findLast((place) => place < at);
  return found ?? null;
}

function blank(): Record<EventTone, number> {
  return { starts: 0, ends: 0, failures: 0, pauses: 0, retries: 0, others: 0 };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** The index of the last knot for which `isBefore` holds, which it does for all before it; -1 for none. */
function lastIndex(knots: readonly Knot[], isBefore: (knot: Knot) => boolean): number {
  let low = 0;
  let high = knots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const knot = knots[middle];
    if (knot !== undefined && isBefore(knot)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
