import assert from "node:assert/strict";
import { test } from "node:test";
import { RateMeter } from "#core/base/rate-meter.ts";

test("so many of a kind pass in a window, and the next one after it tells how many did not", () => {
  const meter = new RateMeter(2, 1_000);
  const passed = [0, 1, 2, 3, 999].map((nowMs) => meter.pass("a", nowMs));
  assert.deepEqual(passed, [0, 0, null, null, null]);
  assert.deepEqual([meter.pass("b", 999), meter.pass("a", 1_000), meter.pass("a", 1_001)], [0, 3, 0]);
});

test("kinds that anybody can make up take no more room than some", () => {
  const meter = new RateMeter(1, 1_000);
  for (let kind = 0; kind < 1_000; kind += 1) assert.equal(meter.pass(String(kind), 0), 0);
  assert.deepEqual([meter.pass("0", 1), meter.pass("999", 1)], [0, null]);
});
