import assert from "node:assert/strict";
import { test } from "node:test";
import { toScenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";

// A few seeds with every run of the tests; `npm run sim` plays as many as one likes, and CI plays 2,000.

const SEEDS = 60;

test("[RUN-2, RUN-8, FLEET-5] whatever breaks, runs end as the rules say, and each attempt counts once", async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violation } = await simulate(toScenario(seed));
    assert.equal(violation, null, `npm run sim -- --seed ${String(seed)}`);
  }
});

test("[RUN-2] a seed is the same course of events each time", async () => {
  const once = await simulate(toScenario(7), true);
  const again = await simulate(toScenario(7), true);
  assert.deepEqual(again, once);
});
