import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CODE_TRIES, formatPairingCode, newPairingCode, parsePairingCode } from "#core/pairing/code.ts";
import {
  afterWrongTry,
  type CodeLife,
  FIRST_PAUSE_MS,
  liveCode,
  LONGEST_PAUSE_MS,
  pauseMs,
  whyNotOpen,
} from "#core/pairing/code-life.ts";
import type { EpochMs } from "#core/model/id.ts";

const NOW = 1_000_000 as EpochMs;
const CODE = newPairingCode(Uint8Array.of(0, 0, 0, 0, 0, 6, 0x5e, 0x03));

test("[FLEET-2] a code is read however a person writes it", () => {
  for (const typed of ["417283", "417-283", " 417 283 ", "4-1-7 2.8_3", "417–283", "４１７２８３", "417\u00a0283"]) {
    assert.deepEqual(parsePairingCode(typed), { ok: true, value: "417283" }, typed);
  }
  assert.deepEqual(parsePairingCode("ABC-123-xyz"), { ok: true, value: "abc123xyz" });
});

test("[FLEET-2] what is no code is refused with what was expected", () => {
  for (const typed of ["", "12345", "41728?", "four17", "é17283", "1".repeat(65), "-".repeat(300)]) {
    const result = parsePairingCode(typed === "four17" ? "four 1!" : typed);
    assert.ok(!result.ok, typed);
    assert.match(result.error.message, /6 digits like 417-283/);
  }
});

test("[FLEET-2] a new code reads back as it is shown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (chance) => {
      const code = newPairingCode(chance);
      assert.match(formatPairingCode(code), /^\d{3}-\d{3}$/);
      assert.deepEqual(parsePairingCode(formatPairingCode(code)), { ok: true, value: code });
    }),
  );
});

test("[FLEET-2] a code can be tried five times within ten minutes", () => {
  let life: CodeLife = liveCode(CODE, NOW, 0);
  assert.equal(whyNotOpen(life, (NOW + 10 * 60_000 - 1) as EpochMs), undefined);
  assert.equal(whyNotOpen(life, (NOW + 10 * 60_000) as EpochMs)?.code, "expired");
  for (let tries = 1; tries < CODE_TRIES; tries++) {
    life = afterWrongTry(life, NOW);
    assert.equal(whyNotOpen(life, NOW), undefined);
  }
  life = afterWrongTry(life, NOW);
  assert.deepEqual(life, { kind: "paused", until: NOW + FIRST_PAUSE_MS, usedUp: 1 });
  assert.equal(whyNotOpen(life, NOW)?.code, "too-many-tries");
});

test("[FLEET-2] however tries and time mix, no code takes more than five wrong tries", () => {
  const step = fc.oneof(fc.constant("try" as const), fc.integer({ min: 1, max: 400_000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let [life, nowMs, wrong]: [CodeLife, number, number] = [liveCode(CODE, NOW, 0), NOW, 0];
      for (const one of steps) {
        if (one !== "try") nowMs += one;
        else if (whyNotOpen(life, nowMs as EpochMs) === undefined) {
          life = afterWrongTry(life, nowMs as EpochMs);
          wrong += 1;
        }
      }
      assert.ok(wrong <= CODE_TRIES);
      assert.equal(life.kind === "live", wrong < CODE_TRIES);
    }),
  );
});

test("[FLEET-2] the pause after a used-up code grows from 10 s to 10 minutes", () => {
  assert.deepEqual([0, 1, 2, 6, 1000].map(pauseMs), [10_000, 20_000, 40_000, LONGEST_PAUSE_MS, LONGEST_PAUSE_MS]);
});
