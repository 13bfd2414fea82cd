import { evolve } from "#core/engine/evolve.ts";
import { toRunLine } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { RunLine } from "#core/model/run.ts";
import { isFinal, type NaiveNode } from "./naive-node.ts";
import type { NaiveRun } from "./naive.ts";
import type { Scenario } from "./scenario.ts";
import { SOON } from "./virtual-time.ts";
import { World } from "./world.ts";

/** Virtual time that mended runs may take to end. */
const MAX_END_MS = 900_000;
/** And machines to be told that nothing is wanted of them any more: longer than any silence, reconnection and loss. */
const MAX_CLEAR_MS = 90_000;
const ROUND_MS = 1_000;
const SETTLE_MS = 45_000;

export interface Figures {
  readonly runs: number;
  readonly events: number;
  readonly steps: number;
  readonly virtualMs: number;
}

export interface Outcome {
  /** The rule that was broken, and how; null when all went well. */
  readonly violation: { readonly rule: string; readonly message: string } | null;
  readonly figures: Figures;
  readonly log: readonly string[];
}

/** Plays a scenario to its end, and checks everything on the way. Deterministic: the same scenario, the same course of events. */
export async function simulate(scenario: Scenario, isLogging = false): Promise<Outcome> {
  const world = new World(scenario, isLogging);
  try {
    await play(world);
  } catch (error) {
    world.witness.fail("CRASH", error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { steps, time, witness } = world;
  const { violation, events, runs, log } = witness;
  return {
    violation: violation === null ? null : { rule: violation.rule, message: violation.message },
    figures: { runs: runs.size, events, steps, virtualMs: time.nowMs },
    log,
  };
}

async function play(world: World): Promise<void> {
  world.begin();
  await world.until(world.scenario.troubleMs, () => false);
  if (world.witness.violation !== null) return;
  await lookAt(world);
  mend(world);
  // What people asked for last takes its course.
  await world.until(world.time.nowMs + 3_000);
  await checkFrozen(world);
  await finish(world);
  if (world.witness.violation !== null) return;
  await clear(world);
  if (world.witness.violation !== null) return;
  await lookAt(world);
  await checkFolds(world);
}

/** Nothing goes wrong from now on. */
function mend(world: World): void {
  world.witness.note("everything is mended");
  for (const machine of world.machines) {
    machine.stalledUntilMs = Math.min(machine.stalledUntilMs, world.time.nowMs);
    machine.trouble = null;
    machine.boot();
  }
  world.app.spare();
  world.app.boot();
}

function mendFleet(world: World): void {
  const [run] = world.witness.runs.values();
  if (run === undefined) return;
  world.app.ask("fleet.list", {}, (reply) => {
    if (reply.kind !== "done") return;
    for (const machine of world.machines) {
      const known = reply.result.find(({ id }) => id === machine.id);
      if (known?.paired !== true || !machine.isPaired) world.person.act("pair", run, undefined, machine);
      else if (known.draining) world.person.act("undrain-agent", run, undefined, machine);
    }
  });
}

/** Once everybody can hear, nothing works in what is frozen. Rule RUN-3. */
async function checkFrozen(world: World): Promise<void> {
  const frozen = [...world.witness.runs.values()].filter((run) => run.isPaused && run.root.hold === "freeze");
  if (frozen.length === 0) return;
  await world.until(world.time.nowMs + SETTLE_MS);
  if (world.witness.violation !== null) return;
  for (const { run } of frozen) {
    const working = world.machines
      .flatMap((machine) => [...machine.working])
      .filter((key) => key.startsWith(`${run}/`));
    if (working.length > 0) world.witness.fail("RUN-3", `${run} is frozen, and ${working.join(", ")} still works`);
  }
  for (const run of frozen)
    for (const { path, isSuspended } of run.live())
      if (!isSuspended) world.witness.fail("RUN-3", `${run.run} is frozen, and ${path} was never told to be suspended`);
}

/** Resumes what is paused and answers what asks, until every run has ended. */
async function finish(world: World): Promise<void> {
  const endMs = world.time.nowMs + MAX_END_MS;
  let round = 0;
  while (!world.witness.areRunsOver && world.witness.violation === null && world.time.nowMs < endMs) {
    for (const run of world.witness.runs.values()) if (!isFinal(run.root.state)) goOn(world, run);
    if (round % 15 === 0) mendFleet(world);
    // What no machine fits waits for ever, and says so.
    if (round >= 60 && round % 5 === 0) await giveUpOnUnfit(world, round >= 200);
    round += 1;
    await world.until(world.time.nowMs + ROUND_MS, () => world.witness.areRunsOver);
  }
  if (world.witness.areRunsOver || world.witness.violation !== null) return;
  for (const run of world.witness.runs.values())
    for (const { path, state, phase, reason } of (await show(world, run))?.nodes ?? [])
      if (!isFinal(state)) world.witness.note(`${path} ${state} ${String(phase)} ${String(reason)}`);
  const stuck = [...world.witness.runs.values()].filter((run) => !isFinal(run.root.state));
  world.witness.fail(
    "RUN-8",
    `${stuck.map(({ run }) => run).join(", ")} did not end: ${stuck.map(describe).join("; ")}`,
  );
}

function describe(run: NaiveRun): string {
  const open = [...run.nodes.values()].filter(({ state }) => !isFinal(state));
  return open
    .map(
      ({ path, state, queued, live }) =>
        `${path} ${state} ${queued ?? ""} ${live === null ? "" : `on ${live.agent.slice(0, 1)}`}`,
    )
    .join(", ");
}

function goOn(world: World, run: NaiveRun): void {
  const [machine] = world.machines;
  if (machine === undefined) return;
  if (run.root.hold !== null) world.person.act("resume", run, undefined, machine);
  for (const node of run.nodes.values())
    if (node.hold !== null && node.path !== "") world.person.act("resume-node", run, node, machine);
  for (const node of world.witness.approvals(run.run)) world.person.act("approve", run, node, machine);
}

/** What no machine fits waits for ever, and says so; a person ends it. Rule NODE-2. */
async function giveUpOnUnfit(world: World, isCancelling: boolean): Promise<void> {
  const [machine] = world.machines;
  if (machine === undefined) return;
  for (const run of world.witness.runs.values()) {
    if (isFinal(run.root.state)) continue;
    const line = await show(world, run);
    for (const { path, reason } of line?.nodes ?? []) {
      const node = run.nodes.get(path);
      const missing = node === undefined || node.queued === null ? null : missingFor(world, node);
      // Those that wait for a slot, or for a machine that is away, are told later.
      if (node === undefined || missing === null || reason?.startsWith("waiting ")) continue;
      if (!reason?.includes(missing))
        world.witness.fail("NODE-2", `${path} needs "${missing}", which nobody has, and says: ${String(reason)}`);
      world.person.act(isCancelling || node.queued === "compensation" ? "cancel" : "skip", run, node, machine);
    }
  }
}

/** What a task needs and no machine has, or null. */
function missingFor(world: World, { definition }: NaiveNode): string | null {
  if (definition?.type !== "task") return null;
  const { labels, agent } = definition.needs;
  const named = world.machines.filter(({ name }) => agent === null || name === agent.source);
  if (named.length === 0) return agent?.source ?? null;
  return labels.find((label) => !named.some(({ plan }) => plan.labels.includes(label))) ?? null;
}

/** All slots come back, every outcome is settled, and nothing is left on any machine. Rules FLEET-5, FLEET-10. */
async function clear(world: World): Promise<void> {
  const leftovers = (): string =>
    world.machines.flatMap(({ name, leftovers: left }) => left.map((one) => `${name}: ${one}`)).join(", ");
  for (
    const endMs = world.time.nowMs + MAX_CLEAR_MS;
    world.time.nowMs < endMs && leftovers() !== "" && world.witness.violation === null;
  ) {
    // An agent that was unpaired while nobody could tell it so keeps what it has until it is paired again.
    mendFleet(world);
    await world.until(world.time.nowMs + MAX_CLEAR_MS / 6, () => leftovers() === "");
  }
  if (world.witness.violation !== null) return;
  if (leftovers() !== "")
    return world.witness.fail("FLEET-10", `all runs have ended, and there is left: ${leftovers()}`);
  world.app.ask("fleet.list", {}, (reply) => {
    if (reply.kind === "refused") return world.witness.fail("FLEET-3", reply.message);
    for (const { name, running } of reply.result)
      if (running !== 0)
        world.witness.fail("FLEET-7", `all runs have ended, and ${name} is said to run ${String(running)} attempts`);
  });
  await world.until(world.time.nowMs + 100);
}

async function show(world: World, run: NaiveRun): Promise<RunLine | null> {
  let line: RunLine | null = null;
  const isIn = (): boolean => line !== null;
  world.app.ask("run.show", { run: run.run }, (reply) => {
    if (reply.kind === "done") line = reply.result;
    else world.witness.fail("SNAP-4", `${run.run} cannot be shown: ${reply.message}`);
  });
  for (let turn = 0; turn < 20 && !isIn(); turn += 1) await SOON;
  return line;
}

/** What people are shown agrees with the log, and whatever waits says what for. Rules NODE-2, RUN-2. */
async function lookAt(world: World): Promise<void> {
  if (!world.app.isUp) return;
  for (const run of world.witness.runs.values()) {
    const line = await show(world, run);
    if (line === null) continue;
    for (const { path, state, attempt, result, phase, reason } of line.nodes) {
      const node = run.nodes.get(path);
      if (state === "idle" && (phase === null || reason === null || reason === ""))
        world.witness.fail("NODE-2", `${path} is idle (${String(phase)}) and does not say why`);
      if (node === undefined) continue;
      if (node.state !== state) world.witness.fail("RUN-2", `${path} is shown as ${state}, it is ${node.state}`);
      if (node.attempt !== attempt)
        world.witness.fail("RUN-2", `${path} is shown at attempt ${String(attempt)}, it is at ${String(node.attempt)}`);
      if (state === "completed" && JSON.stringify(result) !== JSON.stringify(node.result))
        world.witness.fail(
          "NODE-12",
          `the result of ${path} is shown as ${JSON.stringify(result)}, expected ${JSON.stringify(node.result)}`,
        );
    }
  }
}

/** What people are shown is the fold of the log as it lies on the disk. Rule RUN-2. */
async function checkFolds(world: World): Promise<void> {
  for (const { run, lastSeq } of world.app.disk.runs()) {
    let state: RunState | null = null;
    for (const event of world.app.disk.read(run, 0, lastSeq)) state = evolve(state, toCopy(event));
    const naive = world.witness.runs.get(run);
    if (state === null || naive === undefined) return world.witness.fail("RUN-2", `${run} has no events`);
    if (state.live.size + state.queue.size > 0) world.witness.fail("RUN-5", `${run} has ended, and attempts are left`);
    const line = await show(world, naive);
    // Names of agents that are gone are not of the log.
    const shown = JSON.stringify(line === null ? null : { ...line, goneAgents: undefined });
    const folded = JSON.stringify(toRunLine(state));
    if (shown !== folded) world.witness.fail("RUN-2", `${run} is shown as ${shown}, its log says ${folded}`);
  }
}

/** As from a disk. */
function toCopy(event: RunEvent): RunEvent {
  return JSON.parse(JSON.stringify(event));
}
