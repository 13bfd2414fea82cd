import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodePath, RunId } from "#core/model/id.ts";
import type { NodeLine, RunLine } from "#core/model/run.ts";
import { OFFLINE_AFTER_MS } from "#core/protocol/limits.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { keyOf, MemoryLan } from "#test/support/memory-lan.ts";

const HOUR_MS = 3_600_000;
const NIGHT_MS = 8 * HOUR_MS;

const WAITS = `
lanweave: 1
name: waits
nodes:
  - id: both
    type: parallel
    fault: { timeout: 10m }
    nodes:
      - { id: flaky, type: task, argv: [x], fault: { retry: 1, backoff: { type: fixed, delay: 60s } } }
      - { id: asks, type: task, approve: "go on?" }
`;

const FAILURE = { kind: "failure", failure: { code: "exit", message: "no" }, executionMs: 5 } as const;

interface Waiting {
  readonly lan: MemoryLan;
  readonly run: RunId;
}

/** A run whose first task has failed 10 s ago and is tried again 50 s from now. */
async function waiting(journal = new MemoryJournal()): Promise<Waiting> {
  const lan = new MemoryLan(1, { waits: WAITS }, journal);
  await lan.settle();
  const run = await lan.start("waits");
  lan.agents[0]?.end(keyOf(lan.agents[0]), FAILURE);
  await lan.advance(10_000);
  return { lan, run };
}

function nodeOf(line: RunLine, path: string): NodeLine {
  const node = line.nodes.find((one) => one.path === (path as NodePath));
  assert.ok(node !== undefined);
  return node;
}

const attemptOf = async ({ lan, run }: Waiting): Promise<number> => nodeOf(await lan.show(run), "both/flaky").attempt;

/** The second attempt comes when 50 s more have passed, and not before. */
async function checkBackoff(waits: Waiting): Promise<void> {
  await waits.lan.advance(47_000);
  assert.equal(await attemptOf(waits), 1);
  await waits.lan.advance(5_000);
  assert.equal(await attemptOf(waits), 2);
}

async function times(lan: MemoryLan, run: RunId): Promise<readonly number[]> {
  return (await lan.ask("run.events", { run, after: 0, limit: 1_000 })).map(({ time }) => time);
}

for (const [what, stepMs] of [
  ["an hour on", HOUR_MS],
  ["a night on", NIGHT_MS],
  ["an hour back", -HOUR_MS],
] as const)
  test(`[RUN-3] [FAULT-2] a clock that is set ${what} neither fires a wait nor holds it back`, async () => {
    const waits = await waiting();
    const { lan, run } = waits;
    lan.clock.stepWall(stepMs);
    await checkBackoff(waits);
    assert.equal(nodeOf(await lan.show(run), "both").state, "running");
    // 10 minutes of its timeout: 62 s are over.
    await lan.advance(530_000);
    assert.equal(nodeOf(await lan.show(run), "both").state, "running");
    await lan.advance(15_000);
    const { state, timing } = nodeOf(await lan.show(run), "both");
    assert.equal(state, "failed");
    assert.ok(Math.abs(timing.execution - 600_000) < 2_000, `${timing.execution} ms`);
    const stamps = await times(lan, run);
    assert.deepEqual(
      stamps,
      [...stamps].sort((a, b) => a - b),
    );
  });

test("[RUN-2] a run says when the clock jumped ahead, and its later events have the new time", async () => {
  const { lan, run } = await waiting();
  lan.clock.stepWall(HOUR_MS);
  await lan.advance(2_000);
  const events = await lan.ask("run.events", { run, after: 0, limit: 1_000 });
  assert.deepEqual(
    [events.at(-1)?.data, events.at(-1)?.time],
    [{ kind: "stepped", ms: HOUR_MS + 0 }, lan.clock.now() - 1_000],
  );
  assert.match(events.at(-1)?.message ?? "", /waits has another time: .* jumped ahead by 3600 s/);
});

test("[RUN-3] what is left of a wait survives a clock that is set while the run is paused", async () => {
  const waits = await waiting();
  await waits.lan.ask("run.pause", { run: waits.run, mode: "freeze" });
  waits.lan.clock.stepWall(HOUR_MS);
  await waits.lan.advance(100_000);
  await waits.lan.ask("run.resume", { run: waits.run });
  await checkBackoff(waits);
});

test("[RUN-8] a clock that was set back while the app was closed lets no run go back in time", async () => {
  const waits = await waiting();
  waits.lan.clock.stepWall(-HOUR_MS);
  await waits.lan.restart();
  // Nobody knows how much of the wait had passed after its last event: that much is waited for again, and no more.
  await waits.lan.advance(10_000);
  await checkBackoff(waits);
  const stamps = await times(waits.lan, waits.run);
  assert.deepEqual(
    stamps,
    [...stamps].sort((a, b) => a - b),
  );
});

test("[RUN-8] a step that the journal could not take is told once it can", async () => {
  const journal = new MemoryJournal();
  const waits = await waiting(journal);
  const append = journal.append.bind(journal);
  journal.append = () => {
    throw new Error("the disk is full");
  };
  waits.lan.clock.stepWall(HOUR_MS);
  await waits.lan.advance(5_000);
  journal.append = append;
  await waits.lan.advance(45_000 - 3_000);
  assert.equal(await attemptOf(waits), 1);
  await waits.lan.advance(6_000);
  assert.equal(await attemptOf(waits), 2);
  const events = await waits.lan.ask("run.events", { run: waits.run, after: 0, limit: 1_000 });
  assert.equal(events.filter(({ data }) => data["kind"] === "stepped").length, 1);
});

test("[FLEET-4] a clock that is set loses no agent, and one that falls silent is lost as soon as ever", async () => {
  const { lan, run } = await waiting();
  await lan.advance(55_000);
  lan.clock.stepWall(NIGHT_MS);
  await lan.advance(3_000);
  assert.equal((await lan.ask("fleet.list", {}))[0]?.status, "online");
  assert.equal(nodeOf(await lan.show(run), "both/flaky").state, "running");
  lan.clock.stepWall(-NIGHT_MS);
  lan.agents[0]?.cut();
  await lan.advance(OFFLINE_AFTER_MS + 1_500);
  assert.equal((await lan.ask("fleet.list", {}))[0]?.status, "offline");
});
