import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JoinPolicy } from "#core/model/workflow.ts";
import type { Tally } from "#core/nodes/opening.ts";
import { judgeParallel, threshold } from "#core/nodes/parallel.ts";

type Threshold = JoinPolicy["threshold"];
const ALL: Threshold = { kind: "all" };
const ANY: Threshold = { kind: "any" };
const count = (needed: number): Threshold => ({ kind: "count", count: needed });
const percent = (share: number): Threshold => ({ kind: "percent", percent: share });

function verdictOf(
  policy: Threshold,
  rest: JoinPolicy["rest"],
  [total, completed, failed, skipped, cancelled]: Row,
): string {
  const tally: Tally = { total, completed, failed, skipped, cancelled };
  return judgeParallel({ threshold: policy, rest }, tally, null).kind;
}

/** Children in all, completed, failed, skipped, cancelled. */
type Row = readonly [number, number, number, number, number];

const TABLE: readonly (readonly [string, Threshold, JoinPolicy["rest"], Row, string])[] = [
  ["all waits for the last", ALL, "cancel", [3, 2, 0, 0, 0], "wait"],
  ["all completes with the last", ALL, "cancel", [3, 3, 0, 0, 0], "complete"],
  ["all fails with the first failure", ALL, "cancel", [3, 0, 1, 0, 0], "fail"],
  ["a cancelled child counts against all", ALL, "cancel", [3, 2, 0, 0, 1], "fail"],
  ["skipped children leave the denominator", ALL, "cancel", [3, 2, 0, 1, 0], "complete"],
  ["any completes with the first", ANY, "cancel", [3, 1, 1, 0, 0], "complete"],
  ["any fails when all have failed", ANY, "cancel", [3, 0, 3, 0, 0], "fail"],
  ["any with finish waits for the others", ANY, "finish", [3, 1, 1, 0, 0], "wait"],
  ["any with finish completes after the others", ANY, "finish", [3, 1, 2, 0, 0], "complete"],
  ["a count is reached", count(2), "cancel", [5, 2, 0, 0, 0], "complete"],
  ["a count fails as soon as it cannot be reached", count(2), "finish", [3, 0, 2, 0, 0], "fail"],
  ["skipped children can make a count unreachable", count(2), "cancel", [3, 1, 0, 2, 0], "fail"],
  ["percent rounds up", percent(50), "cancel", [3, 1, 0, 0, 0], "wait"],
  ["percent is reached", percent(50), "cancel", [3, 2, 0, 0, 0], "complete"],
  ["percent counts what was not skipped", percent(50), "cancel", [4, 1, 0, 2, 0], "complete"],
  ["percent is unreachable", percent(90), "cancel", [10, 0, 2, 0, 0], "fail"],
  ["no children: completed", ALL, "cancel", [0, 0, 0, 0, 0], "complete"],
  ["all skipped: skipped", ANY, "cancel", [2, 0, 0, 2, 0], "skip"],
];

for (const [name, policy, rest, row, expected] of TABLE)
  test(`[NODE-6] join: ${name}`, () => {
    assert.equal(verdictOf(policy, rest, row), expected);
  });

test("[NODE-6] seven percent of a hundred are seven children, in spite of binary fractions", () => {
  assert.deepEqual(
    [7, 14, 28, 29, 55, 56, 57, 58].map((share) => threshold({ threshold: percent(share), rest: "cancel" }, 100)),
    [7, 14, 28, 29, 55, 56, 57, 58],
  );
});

test("[NODE-6] a verdict once given would be given again however the others end", () => {
  const policy = fc.oneof(
    fc.constant(ALL),
    fc.constant(ANY),
    fc.integer({ min: 1, max: 8 }).map(count),
    fc.integer({ min: 1, max: 100 }).map(percent),
  );
  const ends = fc.array(fc.constantFrom("completed", "failed", "cancelled"), { minLength: 1, maxLength: 8 });
  const property = fc.property(policy, ends, (chosen, drawn) => {
    const tally = { total: drawn.length, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
    const verdicts = drawn.map((end) => {
      if (end === "completed" || end === "failed" || end === "cancelled") tally[end] += 1;
      return judgeParallel({ threshold: chosen, rest: "cancel" }, { ...tally }, null).kind;
    });
    const first = verdicts.findIndex((verdict) => verdict !== "wait");
    assert.ok(first >= 0, "it never ends");
    assert.deepEqual(new Set(verdicts.slice(first)).size, 1);
  });
  fc.assert(property);
});
