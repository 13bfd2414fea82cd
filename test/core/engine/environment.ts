import assert from "node:assert/strict";
import { mapGet } from "#core/base/persistent-map.ts";
import type { RunInput } from "#core/engine/input.ts";
import { changedPaths, liveAttempts, queuedAttempts, timers, toRunHead, toRunLine } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import { isFinal } from "#core/engine/state.ts";
import type { NodeLine } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { AGENT, BY, Driver, failure, OTHER_AGENT, path, success } from "./support.ts";

/** Changes of state a node may make. The last of `skipped`: only what has children and finds them all skipped. Rule NODE-1. */
const LEGAL: Readonly<Record<string, readonly string[]>> = {
  idle: ["running", "skipped", "cancelled"],
  running: ["suspended", "completed", "failed", "cancelled", "skipped"],
  suspended: ["running", "completed", "failed", "cancelled"],
  failed: ["idle"],
  completed: ["idle"],
  skipped: ["idle"],
  cancelled: ["idle"],
};

/** Draws numbers in [0, 1), so that a whole course of events comes from one seed. */
export function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Inputs that fit the state, most of them; the world around the engine as it may behave. */
export function possibleInputs(driver: Driver, withPeople: boolean): RunInput[] {
  const { state } = driver;
  const inputs: RunInput[] = [];
  for (const { path: queued } of queuedAttempts(state)) inputs.push({ kind: "assigned", path: queued, agent: AGENT });
  for (const { key, wanted } of liveAttempts(state)) {
    const at = { path: key.path, fence: key.fence };
    inputs.push({ kind: "attempt-ended", ...at, outcome: success("ok") });
    inputs.push({ kind: "attempt-ended", ...at, outcome: success("fine") });
    inputs.push({ kind: "attempt-ended", ...at, outcome: failure() });
    inputs.push({ kind: "attempt-lost", ...at, reason: "silent" });
    inputs.push(wanted === "suspended" ? { kind: "attempt-suspended", ...at } : { kind: "attempt-resumed", ...at });
    inputs.push({ kind: "reported", ...at, report: { kind: "progress", progress: 0.5 } });
  }
  for (const line of waitingApprovals(state)) inputs.push({ kind: "approve", path: line.path, approved: true, by: BY });
  for (const { timer } of timers(state)) inputs.push({ kind: "timer", timer });
  if (withPeople) inputs.push(...people(state));
  return inputs;
}

/** Of every attempt at most one end was accepted. Rule FLEET-5. */
export function checkAccepted(driver: Driver): void {
  const open = new Map<string, boolean>();
  for (const { path: at, data } of driver.events) {
    if (data["kind"] === "assigned") open.set(at, true);
    if (typeof data["executionMs"] !== "number" || data["executionMs"] === 0) continue;
    assert.ok(open.get(at), `${at} has an end without an attempt`);
    open.set(at, false);
  }
}

function waitingApprovals(state: RunState): readonly NodeLine[] {
  return toRunLine(state).nodes.filter((line) => line.action === "approve" && line.state === "running");
}

function people(state: RunState): RunInput[] {
  const paths = ["", ...toRunLine(state).nodes.map((line) => line.path)];
  return paths.flatMap((text): RunInput[] => {
    const at = { path: path(text), by: BY };
    return [
      { kind: "pause", mode: "freeze", ...at },
      { kind: "pause", mode: "drain", ...at },
      { kind: "resume", ...at },
      { kind: "retry", ...at },
      { kind: "skip", ...at },
      { kind: "complete", ...at, result: "by hand" },
      { kind: "cancel", ...at },
    ];
  });
}

/** Drives a run by chance, and to its end at last. */
export function drive(definition: WorkflowDefinition, seed: number, steps: number): Driver {
  const chance = chances(seed);
  const driver = new Driver(definition);
  driver.start();
  for (let step = 0; step < steps && !isOver(driver); step += 1) {
    driver.advance(Math.floor(chance() * 40));
    const inputs = possibleInputs(driver, chance() < 0.3);
    const input = inputs[Math.floor(chance() * inputs.length)];
    if (input !== undefined)
      giveChecked(driver, input.kind === "assigned" && chance() < 0.3 ? { ...input, agent: OTHER_AGENT } : input);
  }
  finish(driver);
  return driver;
}

function isOver(driver: Driver): boolean {
  return ["completed", "failed", "cancelled"].includes(driver.stateOf(""));
}

const MAX_STEPS = 5_000;

/** Resumes everything and lets all work succeed until the run has ended. */
function finish(driver: Driver): void {
  for (let step = 0; !isOver(driver); step += 1) {
    assert.ok(step < MAX_STEPS, "the run does not end");
    driver.advance(1_000);
    const held = ["", ...toRunLine(driver.state).nodes.map((line) => line.path)].filter(
      (text) => (mapGet(driver.state.nodes, text)?.hold ?? null) !== null,
    );
    const resume = held.map((text): RunInput => ({ kind: "resume", path: path(text), by: BY }));
    const [input] = [...resume, ...possibleInputs(driver, false)];
    assert.ok(input !== undefined, `nothing can happen, and the run is ${driver.stateOf("")}: ${describe(driver)}`);
    giveChecked(driver, input);
  }
}

export function describe(driver: Driver): string {
  return toRunLine(driver.state)
    .nodes.map((line) => `${line.path} ${line.state} ${line.phase ?? ""} ${line.reason ?? ""}`)
    .join("\n");
}

function giveChecked(driver: Driver, input: RunInput): void {
  const before = driver.state;
  const { events, commands } = driver.give(input);
  const last = driver.last;
  // What an agent says again after it was taken, or says of an older attempt, changes nothing.
  if (input.kind === "attempt-ended" && events.length > 0) assert.equal(driver.refused(input), "stale");
  driver.last = last;
  const refused = commands.some((command) => command.kind === "refuse");
  assert.ok(!refused || (events.length === 0 && commands.length === 1));
  checkTransitions(driver);
  checkPause(before, driver, input);
  checkLines(before, driver);
  checkCounters(driver.state);
}

function checkTransitions(driver: Driver): void {
  for (const { from, to, type, reason, path: at } of driver.last.events) {
    if (type !== "NodeStateChange") continue;
    assert.ok(from !== null && to !== null && LEGAL[from]?.includes(to), `${at}: ${from} to ${to} is not legal`);
    assert.ok(reason !== null && reason.length > 0, `${at} changed without a reason`);
  }
}

/** While the run is paused, nothing starts but by a person. */
function checkPause(before: RunState, driver: Driver, input: RunInput): void {
  if (toRunHead(before).state !== "paused" || ["resume", "complete", "retry", "skip"].includes(input.kind)) return;
  const started = driver.last.events.filter((event) =>
    ["queued", "started", "assigned"].includes(String(event.data["kind"])),
  );
  assert.deepEqual(
    started.map((event) => event.path),
    [],
  );
}

/** Every line that differs is named by `changedPaths`, and all lines together agree with the single ones. */
function checkLines(before: RunState, driver: Driver): void {
  const changed = new Set(changedPaths(before, driver.last));
  const old = new Map(toRunLine(before).nodes.map((line) => [line.path, JSON.stringify(line)]));
  const young = new Map(toRunLine(driver.state).nodes.map((line) => [line.path, JSON.stringify(line)]));
  for (const [at, line] of young)
    if (old.get(at) !== line) assert.ok(changed.has(at), `${at} changed unnoticed: ${line}`);
  for (const [at] of old) if (!young.has(at)) assert.ok(changed.has(at), `${at} went unnoticed`);
}

/** Counters kept on the way agree with a count. */
function checkCounters(state: RunState): void {
  const line = toRunLine(state);
  const existing = line.nodes.filter((one) => one.type === "task" && mapGet(state.nodes, one.path) !== undefined);
  for (const [name, count] of Object.entries(line.counts))
    assert.equal(count, existing.filter((one) => one.state === name).length, `count of ${name}`);
  for (const { key } of liveAttempts(state)) {
    const record = mapGet(state.nodes, key.path);
    assert.ok(record !== undefined);
    const isUndoing = mapGet(state.live, key.path)?.purpose === "compensation";
    assert.ok(isUndoing || !isFinal(record.state), `${key.path} is ${record.state} and on an agent`);
  }
  if (["completed", "failed", "cancelled"].includes(line.state)) {
    assert.deepEqual(
      line.nodes.filter((one) => !isFinal(one.state)).map((one) => one.path),
      [],
    );
    assert.equal(state.live.size + state.queue.size, 0);
  }
}
