import assert from "node:assert/strict";
import { test } from "node:test";
import { learn, MAX_PATTERNS, parseRunTimes, type Sample, withTime } from "#core/fleet/learn.ts";
import type { NodePath } from "#core/model/id.ts";
import { expectedMs, toPattern } from "#core/model/run-times.ts";

function samplesOf(times: Readonly<Record<string, readonly number[]>>): Map<string, Sample> {
  return new Map(
    Object.entries(times).map(([pattern, list]) => [
      pattern,
      list.reduce<Sample | undefined>((sample, ms) => withTime(sample, ms), undefined) ?? { count: 1, logSum: 0 },
    ]),
  );
}

test("[FLEET-7] items and iterations of a node share what is learned of it", () => {
  assert.equal(toPattern("resize[3]/one" as NodePath), "resize[]/one");
  assert.equal(toPattern("a[1]/b[22]/c" as NodePath), "a[]/b[]/c");
  assert.equal(toPattern("plain/path" as NodePath), "plain/path");
});

test("[FLEET-7] the newest run counts most, and one that hung does not spoil what is expected", () => {
  const once = learn(null, samplesOf({ a: [1_000, 1_000, 1_000], b: [200] }));
  assert.deepEqual(once, { times: { a: 1_000, b: 200 }, otherMs: 600 });
  const hung = learn(once, samplesOf({ a: [100_000, 1_000, 1_000] }));
  assert.ok((hung.times["a"] ?? 0) < 2_000, `${hung.times["a"]} ms`);
  assert.equal(hung.times["b"], 200);
  let faster = hung;
  for (let run = 0; run < 8; run += 1) faster = learn(faster, samplesOf({ a: [100] }));
  assert.ok((faster.times["a"] ?? 0) < 110, `${faster.times["a"]} ms`);
});

test("[FLEET-7] of many tasks the longest are kept one by one, and the others by their mean", () => {
  const many = Object.fromEntries(Array.from({ length: MAX_PATTERNS + 500 }, (_, index) => [`t${index}`, [index + 1]]));
  const { times, otherMs } = learn(null, samplesOf(many));
  assert.equal(Object.keys(times).length, MAX_PATTERNS);
  assert.deepEqual([times["t2499"], times["t499"], otherMs], [2_500, undefined, 251]);
});

test("[FLEET-7] what is not known is expected to take what the others take, whatever its name", () => {
  const times = { times: { a: 5 }, otherMs: 7 };
  assert.deepEqual(
    ["a", "b", "constructor"].map((pattern) => expectedMs(times, pattern)),
    [5, 7, 7],
  );
  assert.equal(parseRunTimes({ times: 1, otherMs: 1 }), null);
  assert.deepEqual(parseRunTimes({ times: { a: 1, b: "x" }, otherMs: 2 }), { times: { a: 1 }, otherMs: 2 });
});
