import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod/mini";
import { MAX_JSON_DEPTH } from "#core/protocol/limits.ts";
import { agentMessageSchema, appMessageSchema } from "#core/protocol/messages.ts";
import { parseMessage } from "#core/protocol/parse-message.ts";

function nested(depth: number): unknown {
  let value: unknown = "leaf";
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

function reportOf(data: unknown): unknown {
  return {
    kind: "report",
    key: { run: "r", path: "a", fence: 1 },
    report: { kind: "custom", name: "e", data },
  };
}

test("[FLEET-2] a message is taken as its schema has it, or refused with what was expected and where", () => {
  const ping = { kind: "ping", nonce: 1 };
  assert.deepEqual(parseMessage(appMessageSchema, { ...ping, newer: true }), { ok: true, value: ping });
  const refused = parseMessage(appMessageSchema, { kind: "ping", nonce: -1 });
  assert.match(refused.ok ? "taken" : refused.error, /at nonce$/);
});

test("[NODE-10] a message may carry the deepest value there may be, and no message makes the check throw", () => {
  assert.equal(parseMessage(agentMessageSchema, reportOf(nested(MAX_JSON_DEPTH))).ok, true);
  for (const depth of [MAX_JSON_DEPTH + 2, 3_600, 1_000_000]) {
    const refused = parseMessage(agentMessageSchema, reportOf(nested(depth)));
    assert.match(refused.ok ? "taken" : refused.error, /nested at most 259 levels deep/);
  }
  const throwing = z.pipe(
    z.unknown(),
    z.transform(() => {
      throw new RangeError("no stack is left");
    }),
  );
  assert.deepEqual(parseMessage(throwing, null), { ok: false, error: "no stack is left" });
});
