import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS, share } from "./kinds.ts";
import { playKind } from "./play.ts";

// The part of `npm run fuzz` that every test run plays; docs/fuzzing.md tells the rest.

const SEED = 4;
const CASES = 3_000;

for (const [kind, count] of share(CASES, KINDS)) {
  test(`[FLEET-2] ${String(count)} cases of ${kind.name} end in a refusal or an acceptance, and an honest peer is served`, async () => {
    const { findings, cases } = await playKind(kind, { seed: SEED, first: 0, count });
    assert.deepEqual(findings, []);
    assert.equal(cases, count);
  });
}
