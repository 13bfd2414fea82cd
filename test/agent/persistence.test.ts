import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import { RUN, keyOf, specOf, TestLink } from "#test/support/agent-link.ts";
import { startAgentProcess } from "#test/support/agent-process.ts";
import { makeWorld } from "#test/support/agent-world.ts";
import { eventually } from "#test/support/lines.ts";
import { processesWith, spawnerOf } from "#test/support/processes.ts";

test("[RUN-8] an outcome and its output are told again after every reconnect until they are settled", async (context) => {
  const world = await makeWorld(context);
  const first = await world.connect();
  first.assign(specOf("a", "echo out; echo 42 >&2; exit 0"));
  await first.outcome(keyOf("a"));
  first.close();
  const second = await world.connect();
  assert.deepEqual((await second.message("welcome")).held, [{ key: fromAttemptKey(keyOf("a")), state: "ended" }]);
  assert.equal((await second.outcome(keyOf("a"))).kind, "success");
  // The agent is killed and starts again: an outcome that is not taken at once is made durable.
  second.close();
  await eventually("the outcome on the disk", 5_000, () =>
    Promise.resolve(
      readdirSync(join(world.folder, "agent", "outbox")).some((name) => name.endsWith(".json")) || undefined,
    ),
  );
  await world.agent.end("SIGKILL");
  await world.restart();
  const third = await world.connect();
  const taken = third.takeOutput();
  const outcome = await third.outcome(keyOf("a"));
  assert.equal(outcome.kind === "success" ? outcome.result : outcome, "out");
  await third.until("output", () => (taken.get("a")?.sizeBytes === 7 ? true : undefined));
  third.send({ kind: "settled", keys: [fromAttemptKey(keyOf("a"))], verdict: "accepted" });
  third.send({ kind: "ping", nonce: 1 });
  await third.message("pong");
  third.close();
  const fourth = await world.connect();
  assert.deepEqual((await fourth.message("welcome")).held, []);
});

test("[FLEET-6] an agent cut off from its app goes on, and offers what it finished", async (context) => {
  const world = await makeWorld(context);
  const first = await world.connect();
  first.assign(specOf("a", `while [ ! -e "${world.folder}/go" ]; do sleep 0.05; done; echo finished`));
  await first.message("started");
  first.close();
  const second = await world.connect();
  assert.deepEqual((await second.message("welcome")).held, [{ key: fromAttemptKey(keyOf("a")), state: "running" }]);
  second.assign(specOf("go", `touch "${world.folder}/go"`));
  const outcome = await second.outcome(keyOf("a"));
  assert.equal(outcome.kind === "success" ? outcome.result : outcome, "finished");
});

test("[FLEET-6] with --stop-when-cut-off its work ends, and nothing of it is offered", async (context) => {
  const world = await makeWorld(context, "--stop-when-cut-off");
  const first = await world.connect();
  first.assign(specOf("a", "sleep 600"));
  await first.message("started");
  first.close();
  await eventually("no process", 15_000, () =>
    Promise.resolve(processesWith(`LANWEAVE_KEY=${RUN}/a`).length === 0 || undefined),
  );
  const second = await world.connect();
  assert.deepEqual((await second.message("welcome")).held, []);
});

test("[FLEET-10] no child outlives an agent that is killed, whatever became of its session", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.assign(specOf("a", "sleep 600 & setsid sleep 600 & wait"));
  await link.message("started");
  await eventually("three processes", 5_000, () =>
    Promise.resolve(processesWith(`LANWEAVE_KEY=${RUN}/a`).length >= 3 || undefined),
  );
  await world.agent.end("SIGKILL");
  await eventually("no process", 5_000, () =>
    Promise.resolve(processesWith(`LANWEAVE_KEY=${RUN}/a`).length === 0 || undefined),
  );
});

test("[FLEET-10] when the spawner dies its attempts fail as lost, and the next ones run", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.assign(specOf("a", "sleep 600 & sleep 600"));
  await link.message("started");
  await eventually("processes", 5_000, () =>
    Promise.resolve(processesWith(`LANWEAVE_KEY=${RUN}/a`).length >= 2 || undefined),
  );
  process.kill(spawnerOf(world.agent.pid), "SIGKILL");
  const lost = await link.outcome(keyOf("a"));
  assert.deepEqual(lost.kind === "failure" ? lost.failure.code : lost, "lost");
  assert.deepEqual(processesWith(`LANWEAVE_KEY=${RUN}/a`), []);
  for (let fence = 1; ; fence += 1) {
    link.assign(specOf("b", "echo again", { key: keyOf("b", fence) }));
    const outcome = await link.outcome(keyOf("b", fence));
    if (outcome.kind === "success") break;
    assert.equal(outcome.kind === "failure" ? outcome.failure.code : outcome.kind, "lost");
    assert.ok(fence < 50, "the spawner does not come back");
    const beats = link.all("heartbeat").length;
    await link.until("heartbeat", () => (link.all("heartbeat").length > beats ? true : undefined));
  }
});

test("[FLEET-10] two agents never share a data folder", async (context) => {
  const world = await makeWorld(context);
  const second = startAgentProcess(world.agent.data);
  await assert.rejects(second, /output has ended|agent-ready|no ready line/);
  const link = new TestLink(world.app.links, world.agent.target);
  context.after(() => link.close());
  await link.hello(world.app.authority.app);
});

test("[RUN-8] an agent that quits in order makes durable what its app has not taken", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.assign(specOf("a", "", { action: { kind: "noop" } }));
  await link.outcome(keyOf("a"));
  await world.agent.end("SIGTERM");
  await world.restart();
  const again = await world.connect();
  assert.deepEqual((await again.message("welcome")).held, [{ key: fromAttemptKey(keyOf("a")), state: "ended" }]);
});

test("[FLEET-10] what is neither a process nor has files leaves no trace on the disk", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.assign(specOf("a", "", { action: { kind: "noop" } }));
  await link.outcome(keyOf("a"));
  link.send({ kind: "settled", keys: [fromAttemptKey(keyOf("a"))], verdict: "accepted" });
  link.send({ kind: "ping", nonce: 1 });
  await link.message("pong");
  for (const folder of ["work", "logs"]) assert.deepEqual(readdirSync(join(world.folder, "agent", folder)), []);
});
