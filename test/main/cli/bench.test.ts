import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LANWEAVE, runCommand, temporaryFolder } from "#test/support/command-process.ts";

/** `bench` with few of everything, as its JSON lines. */
async function bench(context: Parameters<typeof runCommand>[0], folder: string, ...words: readonly string[]) {
  const data = join(folder, "data");
  const { code, stdout, stderr } = await runCommand(
    context,
    ["bench", ...words, "--reps", "1", "--json", "--data", data],
    { script: LANWEAVE, cwd: folder },
  );
  const lines = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, lines, stderr };
}

test("[CLI-13] a benchmark prints its figures with unit, spread and settings, and leaves nothing behind", async (context) => {
  const folder = temporaryFolder(context);
  for (const [name, size, metrics] of [
    ["dispatch", "30", ["tasks_per_second"]],
    ["freeze", "4", ["freeze_ms", "thaw_ms"]],
    ["files", "1", ["mb_per_second", "ratio_to_bare_tls"]],
  ] as const) {
    const { code, lines, stderr } = await bench(context, folder, name, "--size", size);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      lines.map(({ kind, bench: of, metric, reps }) => ({ kind, of, metric, reps })),
      metrics.map((metric) => ({ kind: "figure", of: name, metric, reps: 1 })),
    );
    for (const line of lines) {
      assert.ok(Number(line["median"]) > 0, JSON.stringify(line));
      assert.deepEqual([line["min"], line["max"]], [line["median"], line["median"]]);
      assert.equal((line["settings"] as Record<string, unknown>)["size"], Number(size));
    }
  }
  assert.deepEqual(readdirSync(folder), []);
});

test("[CLI-13] an unknown benchmark is refused with what there is, and without a name all are listed", async (context) => {
  const folder = temporaryFolder(context);
  const wrong = await bench(context, folder, "dispach");
  assert.equal(wrong.code, 2);
  assert.match(String(wrong.lines[0]?.["message"]), /expected one of dispatch, latency.*did you mean dispatch\?/);
  const listed = await bench(context, folder);
  assert.equal(listed.code, 0);
  assert.ok(listed.lines.length >= 7);
});
