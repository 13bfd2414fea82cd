import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameCutter } from "#core/protocol/frame-cutter.ts";

test("[FLEET-4] frames come out whole, however the stream was cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\f", "🧶") })), (pieces) => {
      const cutter = new FrameCutter("\f");
      const frames = pieces.flatMap((piece) => [...cutter.push(piece)]);
      const expected = pieces.join("").split("\f");
      assert.equal(cutter.pendingLength, expected.pop()?.length);
      assert.deepEqual(frames, expected);
    }),
  );
});

test("[FLEET-4] a message that comes sign by sign costs what its length costs", () => {
  const cutter = new FrameCutter("\f");
  const start = performance.now();
  for (let sent = 0; sent < 512 * 1024; sent += 1) assert.equal(cutter.push("x").next().done, true);
  assert.equal([...cutter.push("\f")][0]?.length, 512 * 1024);
  // Looked at anew for each sign it would take hours.
  assert.ok(performance.now() - start < 20_000);
});
