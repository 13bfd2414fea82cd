import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "#core/base/json.ts";
import { digest } from "#core/engine/digest.ts";
import { evolve } from "#core/engine/evolve.ts";
import type { RunState } from "#core/engine/state.ts";
import { timers, toRunLine } from "#core/engine/queries.ts";
import type { AttemptOutcome } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { chances, possibleInputs } from "./environment.ts";
import { fork, ran } from "./fork-support.ts";
import { definitions, dependantsOf, placeOf, settled, withOneChanged } from "./fork-workflows.ts";
import { randomWorkflow } from "./random-workflow.ts";
import { BY, Driver, failure, path, success } from "./support.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 150);

/** Where some fail or only one has to complete, what is cancelled meanwhile depends on who is quick. */
type Luck = "some fail" | "none fails";

/** The task functions: what a task comes to is decided by what it is asked alone. Some fail, always. */
function outcomeOf(driver: Driver, at: string, luck: Luck): AttemptOutcome {
  const queued = driver.events.findLast((event) => event.path === at && event.data["kind"] === "queued");
  const { action } = queued?.data["plan"] as { readonly action: Json };
  const told = digest(action);
  return luck === "some fail" && told.endsWith("0") ? failure(`no ${told.slice(0, 4)}`) : success(told.slice(0, 8));
}

function finish(driver: Driver, luck: Luck = "some fail"): Driver {
  for (let step = 0; ; step++) {
    assert.ok(step < 2_000, "the run does not end");
    driver.runAll((at) => outcomeOf(driver, at, luck));
    const waiting = toRunLine(driver.state).nodes.find((line) => line.state === "running" && line.action === "approve");
    if (waiting !== undefined) driver.do({ kind: "approve", path: waiting.path, approved: true, by: BY });
    else if (["completed", "failed"].includes(driver.stateOf(""))) return driver;
    else ringFirst(driver.advance(1_000));
  }
}

function finalOf(driver: Driver): Json {
  const { state, outputs, variables } = driver.head();
  const nodes = toRunLine(driver.state).nodes.map((line) => [line.path, line.state, line.result]);
  return [state, outputs, variables, nodes];
}

/** A run to which this and that has happened; it may not have ended. */
function stir(definition: WorkflowDefinition, chance: () => number, steps: number): Driver {
  const driver = new Driver(definition).start();
  for (let step = 0; step < steps; step++) {
    driver.advance(Math.floor(chance() * 40));
    const inputs = possibleInputs(driver, chance() < 0.3);
    const input = inputs[Math.floor(chance() * inputs.length)];
    if (input !== undefined) driver.give(input);
  }
  return driver;
}

/** One timer may end what another is of. */
function ringFirst(driver: Driver): void {
  const [due] = timers(driver.state).filter(({ at }) => at <= driver.now);
  if (due !== undefined) driver.do({ kind: "timer", timer: due.timer });
}

test("[SNAP-5] property: a fork of an unchanged completed run runs nothing and comes to the same", () => {
  const property = fc.property(definitions, (definition) => {
    const original = finish(new Driver(definition, { x: 1 }).start());
    fc.pre(original.stateOf("") === "completed");
    const forked = fork(original);
    assert.deepEqual(ran(forked), []);
    assert.deepEqual(finalOf(forked), finalOf(original));
    assert.deepEqual(forked.folded, forked.state);
  });
  fc.assert(property, { numRuns: RUNS });
});

test("[SNAP-5] property: a fork from any event, of any edited definition, comes to what a new run of it comes to", () => {
  const property = fc.property(
    settled,
    fc.nat(),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(1, 2),
    (definition, pick, share, x) => {
      const original = finish(new Driver(definition, { x: 1 }).start(), "none fails");
      const at = 1 + Math.floor(share * (original.events.length - 1));
      const edited = withOneChanged(definition, pick)?.definition ?? definition;
      const fresh = finish(new Driver(edited, { x }).start(), "none fails");
      const forked = finish(fork(original, { at, definition: edited, inputs: { x } }), "none fails");
      assert.equal(forked.stateOf(""), fresh.stateOf(""));
      if (fresh.stateOf("") === "completed") assert.deepEqual(finalOf(forked), finalOf(fresh));
      assert.deepEqual(forked.folded, forked.state);
    },
  );
  fc.assert(property, { numRuns: RUNS });
});

test("[SNAP-5] property: of a completed run with one changed task that task runs and only what comes after it", () => {
  const property = fc.property(settled, fc.nat(), (definition, pick) => {
    const original = finish(new Driver(definition, { x: 1 }).start(), "none fails");
    const changed = withOneChanged(definition, pick);
    fc.pre(original.stateOf("") === "completed" && changed !== null);
    const { place } = changed;
    const forked = finish(fork(original, { definition: changed.definition }), "none fails");
    const [first] = ran(forked);
    const wasReached = ran(original).some((at) => placeOf(at) === place);
    if (wasReached) assert.equal(first && placeOf(first), place);
    else assert.deepEqual(ran(forked), []);
    const after = dependantsOf(changed.definition, place);
    for (const at of ran(forked)) assert.ok(after(placeOf(at)), `${at} ran for ${place}`);
  });
  fc.assert(property, { numRuns: RUNS });
});

test("[SNAP-5, RUN-2] property: whatever happened to a run, a fork of it at any event ends, and is the fold of its own events", () => {
  const property = fc.property(
    randomWorkflow,
    randomWorkflow,
    fc.nat(),
    fc.boolean(),
    (definition, other, seed, isEdited) => {
      const chance = chances(seed);
      const original = stir(definition, chance, 60);
      const at = 1 + Math.floor(chance() * (original.events.length - 1));
      const forked = fork(original, { at, definition: isEdited ? other : definition });
      for (let step = 0; !["completed", "failed", "cancelled"].includes(forked.stateOf("")); step++) {
        assert.ok(step < 3_000, "the fork does not end");
        const waiting = toRunLine(forked.state).nodes.find(
          (line) => line.state === "running" && line.action === "approve",
        );
        const [queued] = forked.queued();
        if (queued !== undefined) forked.run(queued, chance() < 0.8 ? success("ok") : failure());
        else if (waiting !== undefined)
          forked.do({ kind: "approve", path: path(waiting.path), approved: true, by: BY });
        else ringFirst(forked.advance(1_000));
      }
      let state: RunState | null = null;
      for (const event of forked.events) state = evolve(state, event);
      assert.deepEqual(state, forked.state);
    },
  );
  fc.assert(property, { numRuns: RUNS });
});
