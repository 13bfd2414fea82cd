import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoopDefinition } from "#core/model/workflow.ts";
import { nextOfLoop } from "#core/nodes/loop.ts";
import { expression, loop } from "#test/core/engine/support.ts";

const SCOPE = { inputs: {}, variables: {}, nodes: {}, level: 1 };

function next(
  repeat: LoopDefinition["repeat"],
  done: number,
  times: number | null = null,
  maxIterations = 1_000,
): string {
  return nextOfLoop(loop("l", repeat, [], { maxIterations }), done, times, null, { ...SCOPE, iteration: done }).kind;
}

test("[NODE-8] while is asked before the first iteration, until only after it", () => {
  assert.equal(next({ kind: "while", condition: expression("false") }, 0), "complete");
  assert.equal(next({ kind: "until", condition: expression("true") }, 0), "iterate");
  assert.equal(next({ kind: "until", condition: expression("true") }, 1), "complete");
});

test("[NODE-8] times iterates just so often", () => {
  const repeat = { kind: "times", times: 2 } as const;
  assert.deepEqual(
    [0, 1, 2].map((done) => next(repeat, done, 2)),
    ["iterate", "iterate", "complete"],
  );
  assert.equal(next(repeat, 0, 0), "complete");
});

test("[NODE-8] a loop that wants more than maxIterations fails, one that is done does not", () => {
  assert.equal(next({ kind: "while", condition: expression("true") }, 3, null, 3), "fail");
  assert.equal(next({ kind: "times", times: 3 }, 3, 3, 3), "complete");
});

test("[NODE-8] a condition that is not true or false fails the loop", () => {
  assert.equal(next({ kind: "while", condition: expression("7") }, 0), "fail");
});
