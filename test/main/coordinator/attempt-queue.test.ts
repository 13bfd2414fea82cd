import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type QueueEntry, compareEntries } from "#core/fleet/queue-entry.ts";
import type { AgentId, EpochMs, NodePath, RunId } from "#core/model/id.ts";
import { AttemptQueue } from "#main/coordinator/attempt-queue.ts";

const needs = { labels: [], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null };

const change = fc.record({
  run: fc.constantFrom("r1", "r2"),
  path: fc.constantFrom("a", "b", "c", "d"),
  remainingPath: fc.integer({ min: 1, max: 3 }),
  since: fc.integer({ min: 0, max: 3 }),
  isQueued: fc.boolean(),
});

test("[FLEET-7] the queue is what was set last for each node, best first in each run, whatever the order of changes", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const queue = new AttemptQueue(() => 0);
      const model = new Map<string, QueueEntry>();
      for (const { run, path, remainingPath, since, isQueued } of changes) {
        const entry: QueueEntry = {
          run: run as RunId,
          path: path as NodePath,
          needs,
          files: [],
          remainingPath,
          since: since as EpochMs,
          order: path.charCodeAt(0),
          avoid: [],
        };
        queue.set(entry.run, entry.path, isQueued ? entry : null);
        if (isQueued) model.set(`${run}/${path}`, entry);
        else model.delete(`${run}/${path}`);
        const sorted = [...model.values()].sort(compareEntries);
        assert.equal(queue.entries().size, sorted.length);
        for (const one of ["r1", "r2"])
          assert.deepEqual(
            [...queue.entries()].filter((each) => each.run === one),
            sorted.filter((each) => each.run === one),
          );
      }
    }),
  );
});

function queueOf(count: number): { readonly queue: AttemptQueue; readonly entries: readonly QueueEntry[] } {
  const queue = new AttemptQueue(() => 0);
  const entries = Array.from({ length: count }, (_, order): QueueEntry => ({
    run: "r1" as RunId,
    path: `n${order}` as NodePath,
    needs,
    files: [],
    remainingPath: 1,
    since: 0 as EpochMs,
    order,
    avoid: [],
  }));
  for (const entry of entries) queue.set(entry.run, entry.path, entry);
  return { queue, entries };
}

test("[NODE-2] all that need the same share their reason, are told of it once, and lose it when some of them are placed", () => {
  const { queue, entries } = queueOf(5_000);
  const [first, second] = entries;
  assert.ok(first !== undefined && second !== undefined);
  const pass = { placements: [], waiting: [{ entry: first, reason: "no agent fits", isOfAllAlike: true }] };
  assert.equal(queue.setReasons(pass).length, 1_000);
  assert.equal(queue.setReasons(pass).length, 0);
  assert.equal(queue.reason("r1" as RunId, "n4999" as NodePath), "no agent fits");
  queue.set(first.run, first.path, null);
  const placed = { placements: [{ entry: first, agent: "one" as AgentId }], waiting: [] };
  assert.equal(queue.setReasons(placed).length, 1_000);
  assert.equal(queue.reason("r1" as RunId, "n4999" as NodePath), null);
  queue.setReasons({ placements: [], waiting: [{ entry: second, reason: "of its own" }] });
  assert.equal(queue.reason(second.run, second.path), "of its own");
  assert.equal(queue.reason("r1" as RunId, "n4999" as NodePath), null);
});
