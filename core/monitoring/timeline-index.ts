import type { RunEvent } from "../model/event.ts";
import { RUN_PATH, type EpochMs } from "../model/id.ts";
import type { EventTone, Timeline, TimelineBucket, TimelinePause } from "../model/timeline.ts";

/** With one more, buckets are joined by twos. */
export const MAX_BUCKETS = 2_048;
/** Failures that are remembered one by one. */
export const MAX_FAILURES = 2_000;
/** Pauses that are remembered. */
export const MAX_PAUSES = 500;

const TONES: Readonly<Record<string, EventTone>> = {
  started: "starts",
  iterated: "starts",
  assigned: "starts",
  completed: "ends",
  skipped: "ends",
  cancelled: "ends",
  failed: "failures",
  abandoned: "failures",
  lost: "failures",
  error: "failures",
  held: "pauses",
  released: "pauses",
  suspended: "pauses",
  resumed: "pauses",
  again: "retries",
  reset: "retries",
};
const RUN_ENDS: readonly (string | null)[] = ["completed", "failed", "cancelled"];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What an event tells of. */
export function toneOf(event: RunEvent): EventTone {
  return TONES[String(event.data["kind"])] ?? "others";
}

/** Sums up the events of one run, one after the other, in bounded memory however many they are. */
export class TimelineIndex {
  #seq = 0;
  #lastAt = 0 as EpochMs;
  #size = 1;
  #buckets: Mutable<TimelineBucket>[] = [];
  #failures: number[] = [];
  #pauses: TimelinePause[] = [];

  /** Of the last event taken. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes the event after the last one taken. */
  add(event: RunEvent): void {
    if (this.#seq > 0 && this.#seq % this.#size === 0 && this.#buckets.length === MAX_BUCKETS) this.#join();
    if (this.#seq % this.#size === 0) this.#buckets.push({ at: event.time, ...none() });
    const bucket = this.#buckets.at(-1);
    const tone = toneOf(event);
    if (bucket !== undefined) bucket[tone] += 1;
    this.#seq = event.seq;
    this.#lastAt = event.time;
    if (tone === "failures") this.#failures = newest([...this.#failures, event.seq], MAX_FAILURES);
    if (event.path === RUN_PATH) this.#pause(event);
  }

  #join(): void {
    this.#size *= 2;
    this.#buckets = this.#buckets.flatMap((bucket, index) => {
      const second = this.#buckets[index + 1];
      return index % 2 === 1 ? [] : [second === undefined ? bucket : sum(bucket, second)];
    });
  }

  #pause({ seq, time, data, to }: RunEvent): void {
    const open = this.#pauses.at(-1);
    const isOpen = open !== undefined && open.to === null;
    if (data["kind"] === "held" && !isOpen)
      this.#pauses = newest([...this.#pauses, { fromSeq: seq, from: time, toSeq: null, to: null }], MAX_PAUSES);
    if (isOpen && (data["kind"] === "released" || RUN_ENDS.includes(to)))
      this.#pauses = [...this.#pauses.slice(0, -1), { ...open, toSeq: seq, to: time }];
  }

  /** What there is now; buckets from the index `first` on. */
  read(first = 0): Timeline {
    return {
      seq: this.#seq,
      lastAt: this.#lastAt,
      size: this.#size,
      buckets: this.#buckets.slice(first).map((bucket) => ({ ...bucket })),
      failures: this.#failures,
      pauses: this.#pauses,
    };
  }
}

function none(): Record<EventTone, number> {
  return { starts: 0, ends: 0, failures: 0, pauses: 0, retries: 0, others: 0 };
}

function sum(one: TimelineBucket, other: TimelineBucket): TimelineBucket {
  return {
    at: one.at,
    starts: one.starts + other.starts,
    ends: one.ends + other.ends,
    failures: one.failures + other.failures,
    pauses: one.pauses + other.pauses,
    retries: one.retries + other.retries,
    others: one.others + other.others,
  };
}

function newest<T>(list: readonly T[], limit: number): T[] {
  return list.slice(-limit);
}
