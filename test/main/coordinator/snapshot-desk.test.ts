import assert from "node:assert/strict";
import { test } from "node:test";
import { definitionHash } from "#core/engine/definition-hash.ts";
import type { RunId } from "#core/model/id.ts";
import type { WorkflowSnapshot } from "#core/model/snapshot.ts";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import { SNAPSHOT_INTERVAL_MS } from "#main/coordinator/snapshot-desk.ts";
import { MemorySnapshots } from "#main/persistence/memory-snapshots.ts";
import { keyOf, MemoryLan } from "#test/support/memory-lan.ts";

const PAIR = `
lanweave: 1
name: pair
variables: { said: nothing }
nodes:
  - { id: a, type: task, argv: [a], set: { said: result } }
  - { id: b, type: task, argv: [b], dependsOn: [a] }
  - { id: p, type: parallel, forEach: "[1, 2]", dependsOn: [b], nodes: [ { id: one, type: task, argv: [c] } ] }
`;

async function lanWith(): Promise<{ lan: MemoryLan; run: RunId }> {
  const lan = new MemoryLan(1, { pair: PAIR });
  await lan.settle();
  return { lan, run: await lan.start("pair") };
}

async function kept(lan: MemoryLan, run: RunId): Promise<readonly (readonly [number, string, string])[]> {
  const { snapshots } = await lan.ask("run.snapshots", { run });
  return snapshots.map(({ seq, reason, state }) => [seq, reason, state]);
}

async function endNext(lan: MemoryLan): Promise<void> {
  lan.agents[0]?.end(keyOf(lan.agents[0]));
  await lan.settle();
}

/** Ends what is assigned, and what is assigned because of that. */
async function endAll(lan: MemoryLan): Promise<void> {
  const [agent] = lan.agents;
  for (let ended = 0; ended < (agent?.assignments().length ?? 0); ended++) {
    agent?.end(agent.assignments()[ended]?.key as Parameters<typeof agent.end>[0]);
    await lan.settle();
  }
}

test("[SNAP-1, SNAP-3] a snapshot taken by hand holds what the run is at that event", async () => {
  const { lan, run } = await lanWith();
  await endNext(lan);
  const head = await lan.ask("run.snapshot", { run });
  const { seq } = await lan.show(run);
  const parsed = parseWorkflow(PAIR, { file: "x.yaml", resolve: () => ({ ok: false, error: "" }) });
  assert.ok(parsed.ok);
  const expected: WorkflowSnapshot = {
    id: `${run}@${String(seq)}-manual` as WorkflowSnapshot["id"],
    run,
    workflow: "pair",
    seq,
    time: lan.clock.now(),
    reason: "manual",
    state: "running",
    definitionHash: definitionHash(parsed.value),
    nodeStates: { "": "running", a: "completed", b: "running", p: "idle" },
    contextVariables: { said: "done" },
  };
  const { nodeStates: _, contextVariables: __, ...expectedHead } = expected;
  assert.deepEqual(head, expectedHead);
  assert.deepEqual(await lan.snapshots.loadSnapshot(head.id), { ok: true, value: expected });
});

test("[SNAP-3] one is taken at every pause, of the moment of the pause, and one at the end", async () => {
  const { lan, run } = await lanWith();
  // Both arrive in one turn: the snapshot is of the pause all the same.
  const paused = lan.ask("run.pause", { run, mode: "freeze" });
  const resumed = lan.ask("run.resume", { run });
  const [{ seq }] = await Promise.all([paused, resumed]);
  await lan.settle();
  assert.deepEqual(await kept(lan, run), [[seq, "pause", "paused"]]);
  await endAll(lan);
  const end = await lan.show(run);
  assert.equal(end.state, "completed");
  assert.deepEqual(await kept(lan, run), [
    [seq, "pause", "paused"],
    [end.seq, "final", "completed"],
  ]);
});

test("[SNAP-3] a running workflow is kept every 60 s if something changed, a paused one is not", async () => {
  const { lan, run } = await lanWith();
  const started = (await lan.show(run)).seq;
  await lan.advance(SNAPSHOT_INTERVAL_MS - 2_000);
  assert.deepEqual(await kept(lan, run), []);
  await endNext(lan);
  const { seq } = await lan.show(run);
  assert.ok(seq > started);
  await lan.advance(4_000);
  assert.deepEqual(await kept(lan, run), [[seq, "interval", "running"]]);
  await lan.advance(3 * SNAPSHOT_INTERVAL_MS);
  assert.deepEqual(await kept(lan, run), [[seq, "interval", "running"]]);
  await endNext(lan);
  await lan.advance(2_000);
  const later = (await lan.show(run)).seq;
  assert.deepEqual(await kept(lan, run), [
    [seq, "interval", "running"],
    [later, "interval", "running"],
  ]);
  const pause = await lan.ask("run.pause", { run, mode: "drain" });
  await endNext(lan);
  await lan.advance(3 * SNAPSHOT_INTERVAL_MS);
  assert.deepEqual((await kept(lan, run)).at(-1), [pause.seq, "pause", "paused"]);
});

test("[SNAP-3] of intervals the newest are kept, and all that were asked for", async () => {
  const { lan, run } = await lanWith();
  const { key } = lan.agents[0]?.assignments()[0] ?? assert.fail("nothing was assigned");
  await lan.ask("run.snapshot", { run });
  for (let minute = 0; minute < 40; minute++) {
    lan.agents[0]?.say({ kind: "report", key, report: { kind: "progress", progress: minute / 40 } });
    await lan.settle();
    await lan.advance(SNAPSHOT_INTERVAL_MS + 1_000);
  }
  const reasons = (await kept(lan, run)).map(([, reason]) => reason);
  assert.equal(reasons.filter((reason) => reason === "interval").length, 30);
  assert.equal(reasons[0], "manual");
});

test("[SNAP-3] trouble with keeping one stops no run, and is told to who asked for one", async () => {
  const { lan, run } = await lanWith();
  lan.snapshots.saveSnapshot = () => Promise.reject(new Error("the disk is full"));
  await assert.rejects(lan.ask("run.snapshot", { run }), /the disk is full/);
  await lan.ask("run.pause", { run, mode: "freeze" });
  await lan.ask("run.resume", { run });
  await endAll(lan);
  assert.equal((await lan.show(run)).state, "completed");
  assert.deepEqual(await kept(lan, run), []);
});

test("[SNAP-4] a run is shown as it was at an event and at a snapshot", async () => {
  const { lan, run } = await lanWith();
  const { id, seq } = await lan.ask("run.snapshot", { run });
  await endAll(lan);
  const states = async (at: number | string) => {
    const shown = await lan.ask("run.show", { run, at });
    return [shown.seq, shown.state, ...shown.nodes.map((node) => node.state)];
  };
  const then = [seq, "running", "running", "idle", "idle"];
  assert.deepEqual(await states(seq), then);
  assert.deepEqual(await states(id), then);
  assert.deepEqual(await states(`${String(seq)}-manual`), then);
  assert.deepEqual(await states(1), [1, "idle", "idle", "idle", "idle"]);
  await assert.rejects(states(0), /events 1 to/);
  await assert.rejects(states(1_000), /events 1 to/);
  await assert.rejects(states("99-pause"), /@99-pause: there is no such snapshot; the newest sound .*-final/);
  await assert.rejects(states("other-run@1-final"), /is one of run other-run/);
});

test("[SNAP-2] the snapshots of a deleted run go with it", async () => {
  const { lan, run } = await lanWith();
  await lan.ask("run.snapshot", { run });
  await lan.ask("run.cancel", { run });
  assert.equal((await lan.snapshots.listSnapshots(run)).snapshots.length, 2);
  await lan.ask("run.delete", { run });
  assert.equal((await lan.snapshots.listSnapshots(run)).snapshots.length, 0);
  await assert.rejects(lan.ask("run.snapshots", { run }), /there is no run/);
});

test("[SNAP-3] a coordinator that ends keeps first what it was asked to keep", async () => {
  const { lan, run } = await lanWith();
  const slow = new MemorySnapshots();
  const gate = Promise.withResolvers<void>();
  lan.snapshots.saveSnapshot = (snapshot) => gate.promise.then(() => slow.saveSnapshot(snapshot));
  await lan.ask("run.pause", { run, mode: "freeze" });
  const ended = lan.coordinator.dispose();
  gate.resolve();
  await ended;
  assert.equal((await slow.listSnapshots(run)).snapshots.length, 1);
});
