import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, MemoryLan } from "#test/support/memory-lan.ts";

const UNDO = `
lanweave: 1
name: undo
onFailure: compensate
nodes:
  - { id: a, type: task, argv: [a], compensate: { argv: [undo] } }
  - { id: b, type: task, argv: [b], dependsOn: [a] }
`;
const FAILURE = { kind: "failure", failure: { code: "exit", message: "exit code 1" }, executionMs: 5 } as const;

test("[FAULT-4] a compensation is given to an agent at once, and its place is free again when it failed", async () => {
  const lan = new MemoryLan(1, { undo: UNDO });
  await lan.settle();
  const run = await lan.start("undo");
  const [agent] = lan.agents;
  agent?.end(keyOf(agent));
  await lan.settle();
  agent?.end(keyOf(agent), FAILURE);
  await lan.settle();
  assert.deepEqual(agent?.assignments().at(-1)?.action, { kind: "argv", argv: ["undo"] });
  agent.end(keyOf(agent), FAILURE);
  await lan.settle();
  assert.equal((await lan.show(run)).state, "failed");
  const [info] = await lan.ask("fleet.list", {});
  assert.equal(info?.running, 0);
});
