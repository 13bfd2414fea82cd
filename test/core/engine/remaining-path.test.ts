import assert from "node:assert/strict";
import { test } from "node:test";
import { createRun } from "#core/engine/create.ts";
import { decide } from "#core/engine/decide.ts";
import { queuedAttempts } from "#core/engine/queries.ts";
import type { EpochMs, Millis, RunId } from "#core/model/id.ts";
import type { RunTimes } from "#core/model/run-times.ts";
import type { NodeDefinition } from "#core/model/workflow.ts";
import { AGENT, BY, loop, parallel, path, pipeline, task, workflow } from "./support.ts";

const MOMENT = { now: 1 as EpochMs, chance: 0 };
const DONE = { kind: "success", result: null, files: [], executionMs: 1 as Millis } as const;

/** Paths of what waits, first what is placed first, with what each has before it; `done` are ended first, one after the other. */
function queueOf(nodes: readonly NodeDefinition[], expected: RunTimes | null, done: readonly string[] = []): string[] {
  const arguments_ = { definition: workflow(nodes), inputs: {}, folder: null, out: null, by: BY };
  const more = expected === null ? {} : { expected };
  const created = createRun({ run: "r" as RunId, ...arguments_, ...more }, MOMENT);
  let { next } = decide(created.next, { kind: "start", by: BY }, MOMENT);
  for (const one of done) {
    ({ next } = decide(next, { kind: "assigned", path: path(one), agent: AGENT }, MOMENT));
    const ended = { kind: "attempt-ended", path: path(one), fence: next.fence, outcome: DONE } as const;
    ({ next } = decide(next, ended, MOMENT));
  }
  return queuedAttempts(next).map(({ path: of, remainingPath }) => `${of} ${remainingPath}`);
}

const CHAINS = [
  parallel("fan", [
    pipeline("quick", [task("a"), task("b"), task("c")]),
    pipeline("slow", [task("a"), task("b")]),
    task("one"),
  ]),
  task("last", { dependsOn: ["fan"] }),
];

test("[FLEET-7] without earlier runs what has the most tasks behind it goes first", () => {
  assert.deepEqual(queueOf(CHAINS, null), ["fan/quick/a 4", "fan/slow/a 3", "fan/one 2"]);
});

test("[FLEET-7] with times of earlier runs what takes longest to the end goes first; the unknown take the mean", () => {
  const times = { "fan/slow/a": 900, "fan/slow/b": 5_000, "fan/quick/a": 10, "fan/quick/b": 10, "fan/quick/c": 10 };
  const expected = { times, otherMs: 100 };
  assert.deepEqual(queueOf(CHAINS, expected), ["fan/slow/a 6000", "fan/one 200", "fan/quick/a 130"]);
  assert.deepEqual(queueOf(CHAINS, expected, ["fan/slow/a"]), ["fan/slow/b 5100", "fan/one 200", "fan/quick/a 130"]);
});

test("[FLEET-7] iterations that are still to come count for what is in a loop", () => {
  const nodes = [
    loop("again", { kind: "times", times: 3 }, [task("x")]),
    task("after", { dependsOn: ["again"] }),
    task("alone"),
  ];
  const expected = { times: { "again[]/x": 10, after: 5, alone: 30 }, otherMs: 1 };
  assert.deepEqual(queueOf(nodes, expected), ["again[1]/x 35", "alone 30"]);
  assert.deepEqual(queueOf(nodes, expected, ["again[1]/x"]), ["alone 30", "again[2]/x 25"]);
});
