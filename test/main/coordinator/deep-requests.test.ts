import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_JSON_DEPTH } from "#core/model/limits.ts";
import { MemoryLan } from "#test/support/memory-lan.ts";

test("[FAULT-7] a request with values too deep in each other is refused by name, and others are answered", async () => {
  const lan = new MemoryLan(1, {});
  for (const depth of [MAX_JSON_DEPTH + 10, 2_000]) {
    const value: unknown = JSON.parse("[".repeat(depth) + "]".repeat(depth));
    const source = { kind: "library", name: "none" };
    await assert.rejects(
      lan.ask("run.start", { source, inputs: { value } }),
      /invalid: run\.start: values may lie 256 deep/,
    );
  }
  assert.equal((await lan.ask("fleet.list", {})).length, 1);
  await lan.coordinator.dispose();
});
