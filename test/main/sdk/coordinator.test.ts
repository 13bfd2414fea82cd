import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { RunId } from "#core/model/id.ts";
import { MemorySnapshots } from "#main/persistence/memory-snapshots.ts";
import {
  Coordinator,
  defaultScheduler,
  FunctionTaskError,
  MetricsCollector,
  pipeline,
  RefusedError,
  type RunHandle,
  subworkflow,
  task,
  workflow,
  WorkflowEngine,
  type WorkflowScheduler,
} from "#main/sdk/index.ts";

const FLEET = fileURLToPath(new URL("../../../examples/sdk/fleet.ts", import.meta.url));
const DEADLINE_MS = 60_000;

const folder = mkdtempSync(path.join(tmpdir(), "lanweave-sdk-"));
const data = path.join(folder, "data");
const persistence = new MemorySnapshots();
let scheduled = 0;
let failing = false;
const scheduler: WorkflowScheduler = {
  ...defaultScheduler,
  schedule(fleet, queue) {
    scheduled += 1;
    if (failing) throw new Error("no idea today");
    return defaultScheduler.schedule(fleet, queue);
  },
};
const coordinator = new Coordinator({ data, local: 1, scheduler, persistence });

before(() => coordinator.start());
after(async () => {
  await coordinator.dispose();
  rmSync(folder, { recursive: true, maxRetries: 5 });
});

/** Waits for an event of a run. */
async function until(run: RunHandle, matches: (path: string, to: string | null) => boolean): Promise<void> {
  for await (const event of run.follow()) if (matches(event.path, event.to)) return;
  assert.fail("the run ended without it");
}

test("[SDK-7] the fleet example runs on agents of this machine and leaves nothing behind", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=lanweave-source", FLEET], {
    timeout: DEADLINE_MS,
  });
  assert.match(stdout, /^Agents: 2\nidle -> running\nrunning -> completed\nSquares: \[ 1, 4, 9, 16 \] in all 30\n/);
  assert.match(stdout, /^each\[3\]\/square +completed/m);
});

test("[SDK-7] a built workflow with workflows and files of its folder runs on agents, observed from its first event", async () => {
  writeFileSync(path.join(folder, "words.txt"), "one two\nthree\n");
  const count = workflow({
    name: "count",
    inputs: { file: { type: "string" } },
    nodes: [task("wc", { argv: ["wc", "-l", "{{ inputs.file }}"], files: { in: "words.txt" } })],
    outputs: { lines: "int(nodes.wc.result.split(' ')[0])" },
  });
  const flow = workflow({
    name: "outer",
    folder,
    nodes: [subworkflow("inner", count, { with: { file: "words.txt" } })],
    outputs: { lines: "nodes.inner.result" },
  });
  const engine = new WorkflowEngine(flow);
  const metrics = new MetricsCollector();
  const seen: number[] = [];
  const run = await coordinator.run(engine.addObserver(metrics).addObserver({ onEvent: ({ seq }) => seen.push(seq) }));
  const result = await run.result;
  assert.deepEqual(result.ok && result.outputs, { lines: { lines: 2 } });
  assert.deepEqual(
    seen,
    run.events.map(({ seq }) => seq),
  );
  assert.equal(seen[0], 1);
  assert.equal(metrics.nodeTimings.size, 2);
});

test("[SDK-7] tasks that are functions are refused by name before anything is started", async () => {
  const flow = workflow({
    name: "w",
    nodes: [pipeline("p", [task("mine", () => 1), task("theirs", { run: "date" })])],
  });
  assert.deepEqual(coordinator.localTasks(flow), ["p/mine"]);
  const before = (await coordinator.runs()).length;
  await assert.rejects(
    coordinator.run(flow),
    (error) => error instanceof FunctionTaskError && error.tasks.join() === "p/mine",
  );
  const undone = task("made", { run: "date", compensate: () => {} });
  await assert.rejects(coordinator.run(workflow({ name: "w", nodes: [undone] })), /made is a function/);
  assert.equal((await coordinator.runs()).length, before);
});

test("[SDK-7] a run is paused, resumed, approved, completed and cancelled through its handle", async () => {
  const flow = workflow({
    name: "steered",
    nodes: [
      task("ask", { approve: "Go on?" }),
      task("stuck", { dependsOn: "ask", run: "sleep 600" }),
      task("last", { dependsOn: "stuck", run: "sleep 600" }),
    ],
  });
  const run = await coordinator.run(flow);
  await until(run, (at, to) => at === "ask" && to === "running");
  await run.pause();
  assert.equal((await run.show()).state, "paused");
  await run.resume();
  await run.approve("ask");
  await until(run, (at, to) => at === "stuck" && to === "running");
  await run.complete("stuck", { answer: 42 });
  await until(run, (at, to) => at === "last" && to === "running");
  const other = new Coordinator({ data });
  const attached = await other.attach(run.id);
  await attached.cancel();
  const states = [(await attached.result).run.state];
  await other.dispose();
  const result = await run.result;
  assert.deepEqual([result.ok, result.run.state, ...states], [false, "cancelled", "cancelled"]);
  assert.deepEqual(
    result.run.nodes.map(({ state }) => state),
    ["completed", "completed", "cancelled"],
  );
  await assert.rejects(run.cancel(), RefusedError);
});

test("[FAULT-7, SDK-8] an observer and a scheduler that throw are Error events of a run on a fleet as well", async () => {
  failing = true;
  const run = await coordinator.run(workflow({ name: "w", nodes: [task("a", { run: "echo hello" })] }));
  run.addObserver({
    onNodeStateChange(nodeId, _, to) {
      if (to === "running") throw new Error(`broken at ${nodeId}`);
    },
  });
  const result = await run.result;
  failing = false;
  assert.deepEqual([result.ok, await run.log("a")], [true, "hello\n"]);
  const errors = run.events.filter(({ type }) => type === "Error").map(({ reason }) => reason);
  assert.ok(scheduled > 0);
  assert.ok(errors.includes("the scheduler failed, the default one does its work: no idea today"), errors.join());
  assert.ok(errors.includes("an observer failed in onNodeStateChange: broken at a"), errors.join());
});

test("[SDK-8] a persistence provider of a program's own keeps the snapshots of a fleet's runs", async () => {
  const run = await coordinator.run(workflow({ name: "kept", nodes: [task("a", { noop: {} })] }));
  await run.result;
  const { snapshots } = await persistence.listSnapshots(run.id as RunId);
  assert.deepEqual(
    snapshots.map(({ reason }) => reason),
    ["final"],
  );
});

test("[SDK-5, SDK-7] a handler that decides about each attempt is refused on a fleet, and so is what another process holds", async () => {
  const engine = new WorkflowEngine(workflow({ name: "w", nodes: [task("a", { run: "true" })] }));
  await assert.rejects(
    coordinator.run(engine.setFaultHandler({ handleFault: () => null })),
    /can only be asked in this process/,
  );
  await assert.rejects(new Coordinator({ data, scheduler }).start(), /a scheduler needs a folder of its own/);
});
