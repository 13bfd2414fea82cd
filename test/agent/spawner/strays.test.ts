import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import { keyOf, specOf, type TestLink } from "#test/support/agent-link.ts";
import type { AgentProcess } from "#test/support/agent-process.ts";
import { type AgentWorld, makeWorld } from "#test/support/agent-world.ts";
import { eventually } from "#test/support/lines.ts";
import { cpuTicks, guardOf, isHeld, processesRunning, spawnerOf } from "#test/support/processes.ts";

const GONE_WITHIN_MS = 1_000;
const MODES = [
  {
    how: "with control groups where there are any",
    flags: ["--slots", "4"],
    orders: [["agent", "spawner"], ["agent"]],
  },
  {
    how: "without control groups",
    flags: ["--slots", "4", "--no-cgroups"],
    orders: [
      ["spawner", "agent"],
      ["guard", "spawner", "agent"],
    ],
  },
] as const;

/** Unlike any other process here. */
function makeNumber(): string {
  return `600.${String(randomBytes(4).readUInt32BE())}`;
}

/** A daemon by the book, and more: no environment, a session of its own, no parents, no pipes. */
function daemon(command: string): string {
  return `env -i PATH="$PATH" setsid sh -c '(${command}) </dev/null >/dev/null 2>&1 3>&- &'`;
}

/** Starts an attempt of five processes that hold together by nothing, and waits until all run. */
async function startStrays(link: TestLink, path: string, fence = 1): Promise<string> {
  const number = makeNumber();
  const nested = `setsid setsid env -u LANWEAVE_PROCESS sleep ${number} & env -i sleep ${number} & sleep ${number} &`;
  const script = `${daemon(`sleep ${number}`)}; ${nested} exec sleep ${number}`;
  link.assign(specOf(path, script, { key: keyOf(path, fence) }));
  await eventually("five processes", 5_000, () => Promise.resolve(processesRunning(number).length === 5 || undefined));
  return number;
}

async function assertGone(number: string, withinMs = GONE_WITHIN_MS): Promise<void> {
  await eventually(`no process ${number}`, withinMs, () =>
    Promise.resolve(processesRunning(number).length === 0 || undefined),
  );
}

async function assertWorks(world: AgentWorld, link: TestLink, path: string): Promise<void> {
  link.assign(specOf(path, "echo fine"));
  const outcome = await link.outcome(keyOf(path));
  assert.equal(outcome.kind === "success" ? outcome.result : outcome, "fine", world.agent.log.all.slice(-5).join("\n"));
}

async function kill(agent: AgentProcess, order: readonly ("agent" | "spawner" | "guard")[]): Promise<void> {
  const spawner = spawnerOf(agent.pid);
  const pids = { agent: agent.pid, spawner, guard: guardOf(spawner) };
  // One after the other in one go: neither can act in between.
  for (const which of order) process.kill(pids[which], "SIGKILL");
  if (order.includes("agent")) await agent.end("SIGKILL");
}

for (const { how, flags, orders } of MODES) {
  test(`[FLEET-10] a daemon that cut every tie ends with its attempt, ${how}`, async (context) => {
    const world = await makeWorld(context, ...flags);
    const link = await world.connect();
    const number = makeNumber();
    link.assign(specOf("a", `${daemon(`exec sleep ${number}`)}; echo done`));
    const outcome = await link.outcome(keyOf("a"));
    assert.equal(outcome.kind === "success" ? outcome.result : outcome, "done");
    assert.deepEqual(processesRunning(number), []);
    // Another one that ends while others go on.
    const others = await startStrays(link, "b");
    const stopped = await startStrays(link, "c");
    link.send({ kind: "stop", keys: [fromAttemptKey(keyOf("c"))], reason: "test" });
    assert.equal((await link.outcome(keyOf("c"))).kind, "cancelled");
    await assertGone(stopped);
    assert.equal(processesRunning(others).length, 5);
    link.send({ kind: "settled", keys: [fromAttemptKey(keyOf("b"))], verdict: "discarded" });
    await assertGone(others);
  });

  test(`[RUN-3] [RUN-4] what cut every tie is frozen and thawed with its attempt, ${how}`, async (context) => {
    const world = await makeWorld(context, ...flags);
    const link = await world.connect();
    const busy = "sh -c 'while :; do :; done' busy";
    const number = makeNumber();
    link.assign(specOf("a", `env -i setsid ${busy} ${number} & ${busy} ${number}`));
    await link.message("started");
    const startedMs = performance.now();
    let frozenMs = 0;
    const pids = await eventually("busy processes", 5_000, () => Promise.resolve(twoBusy(number)));
    for (let round = 1; round <= 2; round += 1) {
      link.send({ kind: "freeze", keys: [fromAttemptKey(keyOf("a"))] });
      await link.until("suspended", () => link.all("suspended")[round - 1]);
      const frozenAtMs = performance.now();
      const before = pids.map(cpuTicks);
      assert.ok(pids.every(isHeld), "not all are stopped");
      const beats = link.all("heartbeat").length;
      await link.until("heartbeat", () => link.all("heartbeat")[beats]);
      assert.deepEqual(pids.map(cpuTicks), before);
      frozenMs += performance.now() - frozenAtMs;
      link.send({ kind: "thaw", keys: [fromAttemptKey(keyOf("a"))] });
      await link.until("resumed", () => link.all("resumed")[round - 1]);
      await eventually("CPU time", 5_000, () =>
        Promise.resolve(pids.every((pid, index) => cpuTicks(pid) > (before[index] ?? 0)) || undefined),
      );
    }
    // Ending what is frozen needs no thaw.
    link.send({ kind: "freeze", keys: [fromAttemptKey(keyOf("a"))] });
    await link.until("suspended", () => link.all("suspended")[2]);
    link.send({ kind: "stop", keys: [fromAttemptKey(keyOf("a"))], reason: "test" });
    const ranMs = performance.now() - startedMs - frozenMs;
    const outcome = await link.outcome(keyOf("a"));
    assert.equal(outcome.kind, "cancelled");
    assert.ok(outcome.executionMs < ranMs + 1_000, `${String(outcome.executionMs)} ms counted of ${String(ranMs)} ms`);
    await assertGone(number);
  });

  test(`[FLEET-10] kill -9 of spawner and agent, in any order, leaves nothing running, ${how}`, async (context) => {
    const world = await makeWorld(context, ...flags);
    for (const order of orders) {
      const link = await world.connect();
      const path = order.join("-");
      const number = await startStrays(link, path);
      link.send({ kind: "freeze", keys: [fromAttemptKey(keyOf(path))] });
      if (order.length === 1) await link.message("suspended");
      link.close();
      await kill(world.agent, order);
      // With nobody left to see to it, the next agent does.
      if (order.length < 3) await assertGone(number);
      await world.restart(...flags);
      if (order.length === 3) await assertGone(number);
    }
    await spawnerAlone(world);
  });
}

async function spawnerAlone(world: AgentWorld): Promise<void> {
  const link = await world.connect();
  const number = await startStrays(link, "alone");
  await kill(world.agent, ["spawner"]);
  const lost = await link.outcome(keyOf("alone"));
  assert.match(
    lost.kind === "failure" ? `${lost.failure.code}: ${lost.failure.message}` : lost.kind,
    /^lost: .*spawner/,
  );
  await assertGone(number);
  // What comes while there is no spawner waits for it.
  await assertWorks(world, link, "next");
}

function twoBusy(number: string): number[] | undefined {
  const found = processesRunning(number).filter((pid) => cpuTicks(pid) > 0);
  return found.length >= 2 ? found : undefined;
}
