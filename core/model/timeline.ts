import type { EpochMs } from "./id.ts";

/** What an event tells of, as a timeline colours it. */
export type EventTone = "starts" | "ends" | "failures" | "pauses" | "retries" | "others";

/** Events of a run next to each other, counted by what they tell of. */
export interface TimelineBucket extends Readonly<Record<EventTone, number>> {
  /** When the first of them was. */
  readonly at: EpochMs;
}

/** A pause of the whole run; `toSeq` and `to` are null while it lasts. */
export interface TimelinePause {
  readonly fromSeq: number;
  readonly from: EpochMs;
  readonly toSeq: number | null;
  readonly to: EpochMs | null;
}

/** The events of a run in so few numbers that they can all be drawn. Bucket k holds the events `k * size + 1` to `(k + 1) * size`. */
export interface Timeline {
  /** The last event that is counted in it, and when it was. */
  readonly seq: number;
  readonly lastAt: EpochMs;
  /** Events in each bucket but the last: a power of two. */
  readonly size: number;
  readonly buckets: readonly TimelineBucket[];
  /** The numbers of the newest events that tell of a failure, rising. */
  readonly failures: readonly number[];
  /** The newest pauses, the oldest first. */
  readonly pauses: readonly TimelinePause[];
}
