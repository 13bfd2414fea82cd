import assert from "node:assert/strict";
import { test } from "node:test";
import type { EpochMs } from "#core/model/id.ts";
import type { Timeline } from "#core/model/timeline.ts";
import {
  msOf,
  nextPlace,
  seqAtMs,
  seqAtShare,
  shareOf,
  SHORT_GAP_MS,
  toColumns,
  toTimeScale,
} from "#core/view/time-scale.ts";

/** Events at these moments, `size` in each bucket. */
function timelineOf(times: readonly number[], size = 1): Timeline {
  const none = { starts: 0, ends: 0, failures: 0, pauses: 0, retries: 0, others: 0 };
  const buckets = times
    .filter((_, index) => index % size === 0)
    .map((at, index) => ({ ...none, ends: Math.min(size, times.length - index * size), at: at as EpochMs }));
  const lastAt = (times.at(-1) ?? 0) as EpochMs;
  return { seq: times.length, lastAt, size, buckets, failures: [], pauses: [] };
}

test("[WIN-15] every event has a place on the axis, and its place leads back to it", () => {
  const times = [0, 10, 20, 500, 90_000, 90_001];
  for (const gaps of ["short", "whole"] as const) {
    const scale = toTimeScale(timelineOf(times), gaps);
    const places = times.map((_, index) => shareOf(scale, index + 1));
    assert.deepEqual(
      places,
      places.toSorted((one, other) => one - other),
    );
    assert.deepEqual([places[0], places.at(-1)], [0, 1]);
    times.forEach((_, index) => assert.equal(seqAtMs(scale, msOf(scale, index + 1)), index + 1));
  }
});

test("[WIN-16] a quiet stretch is as long as it was, or short", () => {
  const timeline = timelineOf([0, 10, 90_000]);
  assert.equal(toTimeScale(timeline, "whole").lengthMs, 90_000);
  assert.equal(toTimeScale(timeline, "short").lengthMs, 10 + SHORT_GAP_MS);
});

test("[WIN-15] of events at the same moment the last is shown, and events all at once lie apart", () => {
  const scale = toTimeScale(timelineOf([0, 5, 5, 5, 10]), "whole");
  assert.equal(seqAtShare(scale, 0.5), 4);
  const once = toTimeScale(timelineOf([7, 7, 7]), "whole");
  assert.deepEqual([shareOf(once, 1), shareOf(once, 2), shareOf(once, 3)], [0, 0.5, 1]);
  assert.equal(seqAtShare(once, 0.5), 2);
});

test("[WIN-15] among the events of one bucket time passes evenly, and each is in one column", () => {
  const times = Array.from({ length: 1_000 }, (_, index) => index * 100);
  const timeline = timelineOf(times, 64);
  const scale = toTimeScale(timeline, "whole");
  for (let seq = 1; seq <= 1_000; seq += 7) assert.ok(Math.abs(shareOf(scale, seq) - (seq - 1) / 999) < 0.001);
  const columns = toColumns(timeline, scale, 100);
  assert.equal(columns.filter(({ ends }) => ends > 0).length, timeline.buckets.length);
  assert.equal(Math.max(...columns.map(({ ends }) => ends)), 1);
});

test("[WIN-15] the snapshot or failure before and after a moment is found, or none", () => {
  const found = (at: number) => [nextPlace([3, 8, 20], at, "previous"), nextPlace([3, 8, 20], at, "next")];
  assert.deepEqual(
    [found(8), found(1), found(21)],
    [
      [3, 20],
      [null, 3],
      [20, null],
    ],
  );
});
