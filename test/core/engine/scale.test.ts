import assert from "node:assert/strict";
import { test } from "node:test";
import { mapDifference, type PersistentMap } from "#core/base/persistent-map.ts";
import { decide } from "#core/engine/decide.ts";
import { createRun } from "#core/engine/create.ts";
import type { RunInput } from "#core/engine/input.ts";
import { queuedAttempts, toRunHead } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import type { EpochMs, RunId } from "#core/model/id.ts";
import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import { AGENT, BY, conditional, parallel, pipeline, success, task, workflow } from "./support.ts";

const MOMENT = { now: 1 as EpochMs, chance: 0 };

function begin(definition: WorkflowDefinition): RunState {
  const run = "run-1" as RunId;
  const { next } = createRun({ run, definition, inputs: {}, folder: null, out: null, by: BY }, MOMENT);
  return decide(next, { kind: "start", by: BY }, MOMENT).next;
}

/** Parts of a persistent map that are new in `after`. */
function newParts(before: object | null, after: object | null): number {
  if (before === after || after === null) return 0;
  const old = slotsOf(before);
  return slotsOf(after).reduce(
    (sum, slot, index) => sum + (old.includes(slot) ? 0 : newParts(old[index] ?? null, slot)),
    1,
  );
}

function slotsOf(slot: object | null): readonly object[] {
  return slot !== null && "slots" in slot && Array.isArray(slot.slots) ? slot.slots : [];
}

/** Runs everything first come, first served; says how much the widest step wrote. */
function runAll(start: RunState): { readonly state: RunState; readonly maxNodes: number; readonly maxParts: number } {
  let state = start;
  let maxNodes = 0;
  let maxParts = 0;
  const give = (input: RunInput): void => {
    const before = state;
    state = decide(before, input, MOMENT).next;
    const isLast = toRunHead(state).state !== "running";
    const nodes: (of: RunState) => PersistentMap<unknown> = (of) => of.nodes;
    if (isLast) return;
    maxNodes = Math.max(maxNodes, mapDifference(nodes(before), nodes(state)).length);
    maxParts = Math.max(maxParts, newParts(nodes(before).root, nodes(state).root));
  };
  for (let next = queuedAttempts(state, 1)[0]; next !== undefined; next = queuedAttempts(state, 1)[0]) {
    give({ kind: "assigned", path: next.path, agent: AGENT });
    give({ kind: "attempt-ended", path: next.path, fence: state.fence, outcome: success(null) });
  }
  return { state, maxNodes, maxParts };
}

function many(count: number): readonly NodeDefinition[] {
  return Array.from({ length: count }, (_, index) => task(`t${index}`));
}

test("[NODE-5] a parallel of 10,000 children completes, and each decision writes what it changes, not what there is", () => {
  const { state, maxNodes, maxParts } = runAll(begin(workflow([parallel("p", many(10_000))])));
  assert.equal(toRunHead(state).state, "completed");
  assert.ok(maxNodes <= 3, `${maxNodes} nodes changed in one decision`);
  assert.ok(maxParts <= 40, `${maxParts} parts of the map were new after one decision`);
});

test("[NODE-5] a forEach of 3,000 items with maxConcurrency completes in small steps as well", () => {
  const items = `[${Array.from({ length: 300 }, (_, index) => index).join(",")}]`;
  const inner = parallel("q", many(10), { maxConcurrency: 3 });
  const { state, maxNodes } = runAll(begin(workflow([parallel("p", [inner], { forEach: items, maxConcurrency: 8 })])));
  assert.equal(toRunHead(state).state, "completed");
  assert.equal(toRunHead(state).counts.completed, 3_000);
  assert.ok(maxNodes <= 20, `${maxNodes} nodes changed in one decision`);
});

test("[NODE-3] a chain of 10,000 nodes that follow from each other at once does not overflow the stack", () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => ({
    ...conditional(`c${index}`, "false", [task("t")]),
    dependsOn: index === 0 ? [] : [`c${index - 1}`],
  }));
  const state = begin(workflow(chain));
  assert.equal(toRunHead(state).state, "completed");
});

test("[FILE-1] 64 levels run to their end, and cancel from the top", () => {
  const deep = (level: number): NodeDefinition =>
    level === 0 ? task("t") : level % 2 === 0 ? pipeline("n", [deep(level - 1)]) : parallel("n", [deep(level - 1)]);
  const state = begin(workflow([deep(63)]));
  assert.equal(toRunHead(runAll(state).state).state, "completed");
  const cancelled = decide(state, { kind: "cancel", path: "" as never, by: BY }, MOMENT);
  assert.equal(toRunHead(cancelled.next).counts.cancelled, 1);
});
