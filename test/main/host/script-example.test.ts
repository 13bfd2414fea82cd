import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { RunEvent } from "#core/model/event.ts";
import type { RunLine } from "#core/model/run.ts";
import { ROOT, lanweave, temporaryFolder } from "#test/support/fleet.ts";

const TEXTS = ["README.md", "hello.yaml", "sort.yaml"];

test("[FILE-3] the example of functions counts on two agents what a loop counts here", async (context) => {
  const sums = new Map<string, number>();
  for (const text of TEXTS)
    for (const word of readFileSync(path.join(ROOT, "examples", text), "utf8")
      .toLowerCase()
      .match(/\p{L}+/gu) ?? [])
      sums.set(word, (sums.get(word) ?? 0) + 1);
  const sorted = [...sums].sort(([left, a], [right, b]) => b - a || left.localeCompare(right));

  const data = path.join(temporaryFolder(context), "data");
  const { code, lines, stderr } = await lanweave("run", "examples/script.yaml", "--local", "2", "--data", data);
  assert.equal(code, 0, stderr);
  const run = lines.at(-1) as RunLine;
  assert.deepEqual(run.outputs, { words: sorted.slice(0, 5) });
  const reports = (lines.slice(0, -1) as RunEvent[])
    .map(({ message }) => message)
    .filter((text) => text.includes(" reports: "));
  assert.equal(reports.filter((text) => text.endsWith("different words")).length, TEXTS.length);
  assert.equal(reports.filter((text) => text.endsWith("top reports: most frequent")).length, 1);
});
