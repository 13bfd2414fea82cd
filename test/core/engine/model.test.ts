import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkAccepted, drive } from "./environment.ts";
import { randomWorkflow } from "./random-workflow.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 120);

test("[RUN-2, FLEET-5] whatever happens, a run ends, by legal changes only, and its state is the fold of its events", () => {
  const property = fc.property(randomWorkflow, fc.nat(), (definition, seed) => {
    const driver = drive(definition, seed, 80);
    assert.deepEqual(driver.folded, driver.state);
    checkAccepted(driver);
  });
  fc.assert(property, { numRuns: RUNS });
});
