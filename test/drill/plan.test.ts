import assert from "node:assert/strict";
import { test } from "node:test";
import { AGENTS, KINDS, toPlan, WORKS } from "./plan.ts";

const SEEDS = Array.from({ length: 400 }, (_, seed) => seed);

test("[RUN-8] a drill's seed decides its round, and 400 seeds have every kind of trouble on every machine it can befall", () => {
  const plans = SEEDS.map((seed) => toPlan(seed, null));
  assert.deepEqual(plans.at(7), toPlan(7, null));
  const troubles = plans.flatMap((plan) => plan.troubles);
  assert.deepEqual(new Set(troubles.map(({ kind }) => kind)), new Set(KINDS));
  assert.deepEqual(new Set(plans.map(({ work }) => work)), new Set(WORKS));
  const killed = troubles.filter(({ kind }) => kind === "kill-agent").map(({ on }) => on);
  assert.deepEqual(new Set<string>(killed), new Set<string>(AGENTS));
  assert.ok(
    troubles.some(({ kind, forMs }) => kind === "kill-agent" && forMs > 20_000),
    "some are away for good",
  );
});

test("[RUN-8] a drill of one kind has no other", () => {
  for (const kind of KINDS)
    assert.deepEqual(
      new Set(SEEDS.slice(0, 20).flatMap((seed) => toPlan(seed, kind).troubles.map((each) => each.kind))),
      new Set([kind]),
    );
});
