import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import {
  FilePersistenceProvider,
  InMemoryPersistenceProvider,
  type PersistenceProvider,
  SqlitePersistenceProvider,
  task,
  workflow,
  WorkflowEngine,
} from "#main/sdk/index.ts";
import { VirtualTime } from "./support.ts";

const flow = workflow({
  name: "kept",
  variables: { done: 0 },
  nodes: [
    task("first", { set: { done: "1" } }, () => 1),
    task("nap", { dependsOn: "first", sleep: "2m" }),
    task("last", { dependsOn: "nap" }, () => 2),
  ],
});

test("[SDK-8, SNAP-3] an engine keeps its run at a pause, every minute if something changed, at the end, and when asked", async () => {
  const time = new VirtualTime();
  const provider = new InMemoryPersistenceProvider();
  const engine = new WorkflowEngine(flow, time.options).setPersistence(provider);
  const ended = engine.execute();
  await time.advance(60_000);
  await time.advance(60_000 - 1);
  await engine.pause();
  const asked = await engine.snapshot();
  await engine.resume();
  await time.advance(1);
  const { run } = await ended;
  const { snapshots } = await provider.listSnapshots(run.run);
  assert.deepEqual(
    snapshots.map(({ reason, state }) => [reason, state]),
    [
      ["interval", "running"],
      // Of the same event.
      ["manual", "paused"],
      ["pause", "paused"],
      ["final", "completed"],
    ],
  );
  assert.ok(snapshots.some(({ id }) => id === asked));
  const [first] = snapshots;
  assert.ok(first !== undefined);
  const loaded = await provider.loadSnapshot(first.id);
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.value.contextVariables, { done: 1 });
  assert.deepEqual(loaded.value.nodeStates, { "": "running", first: "completed", nap: "running", last: "idle" });
});

test("[SDK-8] the providers that come along keep the runs of an engine", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "lanweave-sdk-"));
  const providers: readonly PersistenceProvider[] = [
    new FilePersistenceProvider(path.join(folder, "files")),
    new SqlitePersistenceProvider(path.join(folder, "snapshots.sqlite")),
    new InMemoryPersistenceProvider(),
  ];
  try {
    for (const provider of providers) {
      const engine = new WorkflowEngine(workflow({ name: "w", nodes: [task("a", () => 1)] })).setPersistence(provider);
      const { run } = await engine.execute();
      const { snapshots } = await provider.listSnapshots(run.run);
      assert.deepEqual(
        snapshots.map(({ reason }) => reason),
        ["final"],
      );
      await provider.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("[FAULT-7] a persistence provider that fails is an Error event and stops nothing", async () => {
  const provider: PersistenceProvider = Object.assign(new InMemoryPersistenceProvider(), {
    saveSnapshot: () => Promise.reject(new Error("the disk is full")),
  });
  const engine = new WorkflowEngine(workflow({ name: "w", nodes: [task("a", () => 1)] })).setPersistence(provider);
  assert.equal((await engine.execute()).ok, true);
  const errors = engine.events.filter(({ type }) => type === "Error").map(({ reason }) => reason);
  assert.deepEqual(errors, ["the persistence provider could not keep the run: the disk is full"]);
  await assert.rejects(engine.snapshot(), /not running/);
});
