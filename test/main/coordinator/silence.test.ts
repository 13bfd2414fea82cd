import assert from "node:assert/strict";
import { test } from "node:test";
import { LOSS_GRACE_MS, OFFLINE_AFTER_MS } from "#core/protocol/limits.ts";
import { keyOf, MemoryLan } from "#test/support/memory-lan.ts";

const ONE = `
lanweave: 1
name: one
nodes:
  - { id: a, type: task, argv: [a], fault: { lossLimit: 2 } }
`;
const LATE_MS = OFFLINE_AFTER_MS + LOSS_GRACE_MS + 2_500;

async function lanWith(agents: number): Promise<MemoryLan> {
  const lan = new MemoryLan(agents, { one: ONE });
  await lan.settle();
  return lan;
}

test("[FLEET-4] a coordinator that stood still for a while holds no silence against its agents", async () => {
  const lan = await lanWith(2);
  await lan.start("one");
  lan.clock.standStill(LATE_MS);
  await lan.advance(3_000);
  assert.equal(lan.agents[0]?.assignments().length, 1);
  assert.equal(lan.agents[1]?.assignments().length, 0);
  assert.ok(!lan.agents[0]?.heard.some(({ kind }) => kind === "stop"));
});

test("[FLEET-4] a link on which nothing is heard is opened anew", async () => {
  const lan = await lanWith(1);
  const [agent] = lan.agents;
  const greetings = (): number => agent?.heard.filter(({ kind }) => kind === "hello").length ?? 0;
  assert.equal(greetings(), 1);
  agent?.cut();
  await lan.advance(11_500);
  const [info] = await lan.ask("fleet.list", {});
  assert.match(info?.reason ?? "", /nothing was heard for 10 s|nobody answers/);
  if (agent) agent.isReachable = true;
  await lan.advance(10_000);
  assert.equal(greetings(), 2);
});

test("[FLEET-4] given up again: an agent that was heard once more and fell silent again loses its work again", async () => {
  const lan = await lanWith(2);
  const [first, second] = lan.agents;
  assert.ok(first && second);
  await lan.start("one");
  first.cut();
  await lan.advance(LATE_MS);
  assert.equal(second.assignments().length, 1);
  first.isReachable = true;
  await lan.advance(12_000);
  second.cut();
  await lan.advance(LATE_MS);
  assert.equal(first.assignments().length, 2);
});

test("[FLEET-4] an agent of another protocol, or another agent altogether, gets no work, and the reason is shown", async () => {
  const lan = await lanWith(2);
  const [first, second] = lan.agents;
  assert.ok(first && second);
  first.welcome = { protocol: { major: 2, minor: 0 } };
  second.welcome = { agent: "f".repeat(16) };
  first.drop();
  second.drop();
  await lan.advance(2_000);
  const run = await lan.start("one");
  const known = await lan.ask("fleet.list", {});
  assert.deepEqual(
    known.map(({ status }) => status),
    ["offline", "offline"],
  );
  assert.match(known[0]?.reason ?? "", /protocol's version 2, this app version 1: install the same version/);
  assert.match(known[1]?.reason ?? "", /says that it is f{16}, not 1{16}/);
  assert.equal((await lan.show(run)).nodes[0]?.phase, "queued");
});

test("[RUN-3] what an agent has stopped in place is known to be so, though the link broke before it could say it", async () => {
  const lan = await lanWith(1);
  const [agent] = lan.agents;
  assert.ok(agent);
  const run = await lan.start("one");
  await lan.ask("run.pause", { run, mode: "freeze" });
  agent.held = [{ key: keyOf(agent), state: "suspended" }];
  agent.drop();
  await lan.advance(2_000);
  const { nodes, frozen, inFlight } = await lan.show(run);
  assert.deepEqual([nodes[0]?.state, frozen, inFlight], ["suspended", 1, 0]);
});

test("[FLEET-3] what an agent says of itself is made fit to be shown", async () => {
  const lan = await lanWith(1);
  const [agent] = lan.agents;
  assert.ok(agent);
  agent.welcome = { name: "ev\u001b[31mil\n\u202estudio", version: "1\u0007" };
  agent.drop();
  await lan.advance(2_000);
  const [info] = await lan.ask("fleet.list", {});
  assert.deepEqual([info?.name, info?.version], ["ev[31milstudio", "1"]);
});

test("[FLEET-2] what an agent holds that is paired no more goes elsewhere", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("one");
  lan.journal.setRecord("agent", "0".repeat(16), null);
  await lan.restart();
  await lan.advance(2_500);
  const [node] = (await lan.show(run)).nodes;
  assert.deepEqual([node?.state, node?.agent], ["suspended", null]);
});
