import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes, formatDuration, formatElapsed, relativeParts } from "#core/view/duration.ts";
import { readInputs, toInputFields } from "#core/view/input-fields.ts";
import { LogLines, MAX_LOG_LINES } from "#core/view/log-lines.ts";
import { groupFingerprint, initials, machineLook } from "#core/view/machine.ts";
import { rowWindow } from "#core/view/window-rows.ts";

const UNITS = { millisecond: "ms", second: "s", minute: "m", hour: "h", day: "d" };

test("[WIN-10] durations are told in their two largest units", () => {
  const told = [0, 840, 4_200, 42_000, 134_000, 11_220_000, 187_200_000].map((duration) =>
    formatDuration(duration, UNITS),
  );
  assert.deepEqual(told, ["0 ms", "840 ms", "4.2 s", "42 s", "2 m 14 s", "3 h 7 m", "2 d 4 h"]);
  assert.deepEqual([formatElapsed(-5, UNITS), formatElapsed(7_900, UNITS)], ["0 s", "7 s"]);
});

test("[WIN-10] sizes are told in binary units, never as 1024 of a smaller one", () => {
  const told = [0, 512, 1_024, 1_536, 1_048_575, 16 * 1_024 ** 3].map(formatBytes);
  assert.deepEqual(told, ["0 B", "512 B", "1 KiB", "1.5 KiB", "1 MiB", "16 GiB"]);
});

test("[WIN-10] a moment is told in the largest unit that fits", () => {
  assert.deepEqual(relativeParts(-90_000), { value: -1, unit: "minute" });
  assert.deepEqual(relativeParts(-172_900_000), { value: -2, unit: "day" });
});

test("[WIN-13] a machine's look repeats with a pattern after eight", () => {
  assert.deepEqual(
    [machineLook(0), machineLook(7), machineLook(8), machineLook(-1)],
    [{ hue: 0, pattern: 0 }, { hue: 7, pattern: 0 }, { hue: 0, pattern: 1 }, null],
  );
  assert.deepEqual(["studio", "render-node 2", "工作室", "é", ""].map(initials), ["ST", "R2", "工", "É", "?"]);
  assert.deepEqual(groupFingerprint("0011aabbcc"), ["0011", "aabb", "cc"]);
});

test("[WIN-9] lines come out whole, without control sequences or what was overwritten", () => {
  const log = new LogLines();
  log.append({ offset: 0, stream: "stdout", text: "one\n\u001b[32mtw" });
  log.append({ offset: 7, stream: "stderr", text: "bad\n" });
  log.append({ offset: 11, stream: "stdout", text: "o\u001b[0m\n10 %\r20 %\r\nrest" });
  log.append({ offset: 7, stream: "stderr", text: "bad\n" });
  assert.deepEqual(log.lines(), [
    { number: 1, stream: "stdout", text: "one" },
    { number: 2, stream: "stderr", text: "bad" },
    { number: 3, stream: "stdout", text: "two" },
    { number: 4, stream: "stdout", text: "20 %" },
    { number: 5, stream: "stdout", text: "rest" },
  ]);
});

test("[WIN-9] only the newest lines are kept", () => {
  const log = new LogLines();
  log.append({ offset: 0, stream: "stdout", text: "x\n".repeat(MAX_LOG_LINES + 10) });
  assert.equal(log.lines().length, MAX_LOG_LINES);
  assert.equal(log.lines()[0]?.number, 11);
});

test("[WIN-9] of a long list only the rows near the screen are drawn", () => {
  assert.deepEqual(rowWindow(10_000, 20, 4_000, 400), {
    first: 188,
    end: 232,
    aboveHeight: 3_760,
    belowHeight: 195_360,
  });
  assert.deepEqual(rowWindow(3, 20, 0, 400), { first: 0, end: 3, aboveHeight: 0, belowHeight: 0 });
});

const SCHEMA = {
  type: "object",
  required: ["name", "width"],
  properties: {
    name: { type: "string", pattern: "^[a-z]+$", description: "Who asks." },
    width: { type: "integer", default: 320, minimum: 16, maximum: 640 },
    colour: { type: "string", enum: ["red", "blue"], default: "red" },
    fast: { type: "boolean", default: true },
    sizes: { type: "array", default: [1, 2] },
  },
} as const;

test("[WIN-8] the form has the schema's fields in its order, with defaults", () => {
  assert.deepEqual(
    toInputFields(SCHEMA).map((field) => [field.name, field.kind, field.isRequired, field.text]),
    [
      ["name", "text", true, ""],
      ["width", "integer", false, "320"],
      ["colour", "choice", false, "red"],
      ["fast", "boolean", false, "true"],
      ["sizes", "json", false, "[1,2]"],
    ],
  );
});

test("[WIN-8] inputs are read by kind, and every problem is told at its field", () => {
  const fields = toInputFields(SCHEMA);
  assert.deepEqual(readInputs(fields, { name: "ada", fast: "false" }), {
    ok: true,
    value: { name: "ada", width: 320, colour: "red", fast: false, sizes: [1, 2] },
  });
  const bad = readInputs(fields, { width: "8.5", sizes: "[1" });
  assert.deepEqual(bad.ok ? null : Object.fromEntries(bad.error), {
    name: { kind: "required" },
    width: { kind: "not-whole" },
    sizes: { kind: "not-json" },
  });
  const small = readInputs(fields, { name: "Ada", width: "8" });
  assert.deepEqual(small.ok ? null : Object.fromEntries(small.error), {
    name: { kind: "pattern", pattern: "^[a-z]+$" },
    width: { kind: "too-small", limit: 16 },
  });
});
