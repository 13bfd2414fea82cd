import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type QueueEntry, compareEntries } from "#core/fleet/schedule.ts";
import type { EpochMs, NodePath, RunId } from "#core/model/id.ts";
import { AttemptQueue } from "#main/coordinator/attempt-queue.ts";

const needs = { labels: [], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null };

const change = fc.record({
  run: fc.constantFrom("r1", "r2"),
  path: fc.constantFrom("a", "b", "c", "d"),
  remainingPath: fc.integer({ min: 1, max: 3 }),
  since: fc.integer({ min: 0, max: 3 }),
  isQueued: fc.boolean(),
});

test("[FLEET-7] the queue is what was set last for each node, best first, whatever the order of changes", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const queue = new AttemptQueue();
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
        assert.deepEqual(queue.entries(), [...model.values()].sort(compareEntries));
      }
    }),
  );
});
