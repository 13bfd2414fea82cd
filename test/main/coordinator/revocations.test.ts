import assert from "node:assert/strict";
import { test } from "node:test";
import { PROTOCOL } from "#core/protocol/limits.ts";
import { MemoryLan } from "#test/support/memory-lan.ts";

test("[FLEET-2] agents are told whose pairing has ended, at once and whenever they come back; older ones are not", async () => {
  const lan = new MemoryLan(3, {});
  const [gone, newer, older] = lan.agents;
  assert.ok(gone && newer && older);
  newer.welcome = { protocol: { ...PROTOCOL } };
  newer.drop();
  await lan.advance(1_000);
  await lan.ask("fleet.unpair", { target: gone.id });
  await lan.settle();
  const told = (agent: typeof gone): unknown[] =>
    agent.heard.filter(({ kind }) => kind === "revoked").map((message) => ("agents" in message ? message.agents : []));
  assert.deepEqual(told(newer).at(-1), [gone.id]);
  assert.deepEqual(told(older), []);
  const before = told(newer).length;
  newer.drop();
  await lan.advance(1_000);
  assert.equal(told(newer).length, before + 1);
  assert.deepEqual(told(newer).at(-1), [gone.id]);
});
