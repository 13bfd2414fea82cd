import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { keyOf, MemoryLan } from "#test/support/memory-lan.ts";

const ONE = "{ lanweave: 1, name: one, nodes: [{ id: a, type: task, argv: [x] }] }";

test("[FLEET-3] a run names agents that are gone as they were called last, also after a restart", async () => {
  const journal = new MemoryJournal();
  const lan = new MemoryLan(1, { one: ONE }, journal);
  await lan.settle();
  const [agent] = lan.agents;
  assert.ok(agent !== undefined);
  const run = await lan.start("one");
  agent.end(keyOf(agent));
  await lan.settle();
  assert.equal((await lan.show(run)).goneAgents, undefined);
  await lan.ask("fleet.unpair", { target: agent.id });
  assert.deepEqual((await lan.show(run)).goneAgents, { [agent.id]: "agent-00" });
  await lan.restart();
  assert.deepEqual((await lan.show(run)).goneAgents, { [agent.id]: "agent-00" });
});
