import { forkRun } from "#core/engine/fork.ts";
import { Gatherer } from "#core/engine/gather.ts";
import { evolve } from "#core/engine/evolve.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunId } from "#core/model/id.ts";
import type { AttemptOutcome } from "#core/model/run.ts";
import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import type { JsonObject } from "#core/base/json.ts";
import { BY, Driver, script, success, task } from "./support.ts";

/** A fork of a run at one of its events, started; by default of its last event, with its own definition and inputs. */
export function fork(
  original: Driver,
  {
    at = original.events.length,
    definition = original.state.definition,
    inputs = original.head().inputs,
  }: { readonly at?: number; readonly definition?: WorkflowDefinition; readonly inputs?: JsonObject } = {},
): Driver {
  const gatherer = new Gatherer();
  let state: RunState | null = null;
  for (const event of original.events.slice(0, at)) {
    if (state !== null) gatherer.take(state, event);
    state = evolve(state, event);
  }
  if (state === null) throw new Error("a fork needs an event to begin at");
  const kept = gatherer.end(state, definition);
  const from = { run: original.state.run, seq: at, snapshot: null };
  const create = { run: "run-2" as RunId, definition, inputs, folder: null, out: null, by: BY };
  return new Driver(definition, inputs, (moment) => forkRun(from, kept, create, moment)).start();
}

/** The tasks that were given to an agent, in order, once for each time. */
export function ran(driver: Driver): readonly string[] {
  return driver.events.filter(({ data }) => data["kind"] === "assigned").map(({ path }) => path);
}

/** A task that runs this text, and what depends on it. */
export function sh(id: string, source: string, ...dependsOn: readonly string[]) {
  return task(id, { action: script(source), dependsOn });
}

/** Every task's result is what it was asked to do, and when it was asked again, the same. */
export function outcomeOf(driver: Driver): (at: string) => AttemptOutcome {
  return (at) => {
    const queued = driver.events.findLast((event) => event.path === at && event.data["kind"] === "queued");
    return success(JSON.stringify((queued?.data["plan"] as { action: object }).action));
  };
}

/** A run of a definition, to its end. */
export function runOf(definition: WorkflowDefinition, inputs = {}): Driver {
  const driver = new Driver(definition, inputs).start();
  return driver.runAll(outcomeOf(driver));
}

/** Runs what is left. */
export function finish(driver: Driver): Driver {
  return driver.runAll(outcomeOf(driver));
}

/** A definition with other nodes. */
export function edited(definition: WorkflowDefinition, ...nodes: readonly NodeDefinition[]): WorkflowDefinition {
  return { ...definition, nodes };
}
