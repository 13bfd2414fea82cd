import assert from "node:assert/strict";
import { test } from "node:test";
import { hasFiniteNumbers, type Json, isDeeperThan } from "#core/base/json.ts";

function nested(depth: number): Json {
  let value: Json = 1;
  for (let made = 0; made < depth; made++) value = made % 2 === 0 ? [value] : { inner: value };
  return value;
}

test("[NODE-11] how deep a value is nested is told exactly, and without a deep stack", () => {
  assert.equal(isDeeperThan("text", 0), false);
  assert.equal(isDeeperThan([], 0), true);
  assert.equal(isDeeperThan(nested(256), 256), false);
  assert.equal(isDeeperThan(nested(257), 256), true);
  assert.equal(isDeeperThan([1, nested(3), null, { a: nested(4) }], 5), true);
  assert.equal(isDeeperThan([1, nested(3), null, { a: nested(4) }], 6), false);
  assert.equal(isDeeperThan(nested(1_000_000), 256), true);
});

test("[NODE-11] a number that JSON cannot write is found at any depth", () => {
  assert.deepEqual([JSON.parse("1e999"), JSON.parse('[{"a":-1e999}]'), { a: [Number.NaN] }].map(hasFiniteNumbers), [
    false,
    false,
    false,
  ]);
  assert.deepEqual(
    [1.7e308, "Infinity", null, [], { a: [0, -0] }, nested(1_000_000)].map(hasFiniteNumbers),
    Array(6).fill(true),
  );
});
