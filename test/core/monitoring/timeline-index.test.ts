import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunEvent } from "#core/model/event.ts";
import type { EpochMs, NodePath, RunId } from "#core/model/id.ts";
import { MAX_BUCKETS, MAX_FAILURES, TimelineIndex } from "#core/monitoring/timeline-index.ts";

function eventOf(seq: number, kind: string, path = "a"): RunEvent {
  return {
    run: "r" as RunId,
    seq,
    time: (1_000 + seq) as EpochMs,
    type: "NodeStateChange",
    path: path as NodePath,
    level: 1,
    from: null,
    to: null,
    reason: null,
    message: "",
    data: { kind },
  };
}

test("[SNAP-4] however many events there are, the timeline stays small and counts each once", () => {
  const index = new TimelineIndex();
  const total = 100_000;
  for (let seq = 1; seq <= total; seq++) index.add(eventOf(seq, seq % 10 === 0 ? "failed" : "completed"));
  const { buckets, size, failures, seq } = index.read();
  assert.equal(seq, total);
  assert.ok(buckets.length <= MAX_BUCKETS && buckets.length > MAX_BUCKETS / 2);
  assert.equal(buckets.length, Math.ceil(total / size));
  assert.equal(
    buckets.reduce((sum, { ends }) => sum + ends, 0),
    total - total / 10,
  );
  buckets.forEach((bucket, at) => assert.equal(bucket.at, 1_001 + at * size));
  assert.deepEqual([failures.length, failures.at(-1)], [MAX_FAILURES, total]);
});
