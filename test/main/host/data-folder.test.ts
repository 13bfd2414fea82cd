import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { holdDataFolder } from "#main/host/data-folder.ts";
import { bringUpToDate, FORMATS, type Migration } from "#main/host/folder-format.ts";
import { startHost } from "#main/host/host.ts";
import { SqliteJournal } from "#main/persistence/sqlite-journal.ts";
import { temporaryFolder } from "#test/support/fleet.ts";

const OPTIONS = { appName: null, discovery: false } as const;

function markerOf(folder: string): unknown {
  return JSON.parse(readFileSync(path.join(folder, "format.json"), "utf8"));
}

/** A folder as it was written before there were markers: with a journal, of which one record is known. */
async function oldFolder(context: TestContext): Promise<string> {
  const folder = path.join(temporaryFolder(context), "app");
  const host = await startHost({ dataDir: folder, ...OPTIONS });
  await host.dispose();
  rmSync(path.join(folder, "format.json"));
  const journal = new SqliteJournal(path.join(folder, "journal.sqlite"));
  journal.setRecord("setting", "old", { value: 1 });
  journal.dispose();
  return folder;
}

test("[RUN-8] a data folder of before there were formats is taken over as it is, and marked", async (context) => {
  const folder = await oldFolder(context);
  const host = await startHost({ dataDir: folder, ...OPTIONS });
  await host.dispose();
  assert.deepEqual(markerOf(folder), FORMATS);
  const journal = new SqliteJournal(path.join(folder, "journal.sqlite"));
  assert.deepEqual(journal.record("setting", "old"), { value: 1 });
  journal.dispose();
});

test("[RUN-8] a data folder of a newer version, or one part of it, is refused and left as it is", async (context) => {
  const folder = await oldFolder(context);
  for (const [part, what] of [
    ["folder", "the data folder "],
    ["trust", "the part “trust” of the data folder "],
  ] as const) {
    const marker = { ...FORMATS, [part]: 9 };
    writeFileSync(path.join(folder, "format.json"), JSON.stringify(marker));
    await assert.rejects(startHost({ dataDir: folder, ...OPTIONS }), {
      code: "data-folder",
      message: `${what}${folder} was written by a newer Lanweave (format 9, this one knows ${String(FORMATS[part])}): update Lanweave, or give another folder with --data`,
    });
    assert.deepEqual(markerOf(folder), marker);
  }
  writeFileSync(path.join(folder, "format.json"), "{");
  await assert.rejects(startHost({ dataDir: folder, ...OPTIONS }), /format\.json is damaged: .* put a backup/);
  rmSync(path.join(folder, "format.json"));
  (await holdDataFolder(folder)).dispose();
});

test("[RUN-8] a folder is brought up step by step, each with copies of what it changes; a step that fails changes nothing", (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(path.join(folder, "a"), "old a");
  const formats = { ...FORMATS, folder: 3 };
  let isFailing = true;
  const steps: readonly Migration[] = [
    { from: 1, changes: [], run: () => {} },
    {
      from: 2,
      changes: ["a", "b"],
      run: () => {
        writeFileSync(path.join(folder, "a"), "new a");
        writeFileSync(path.join(folder, "b"), "new b");
        if (isFailing) throw new Error("no luck");
      },
    },
  ];
  assert.throws(() => bringUpToDate(folder, false, steps, formats), /from format 2 to 3: no luck; it is as it was/);
  assert.equal(readFileSync(path.join(folder, "a"), "utf8"), "old a");
  assert.deepEqual(
    [existsSync(path.join(folder, "b")), existsSync(path.join(folder, "backup/format-2"))],
    [false, false],
  );
  isFailing = false;
  bringUpToDate(folder, false, steps, formats);
  assert.equal(readFileSync(path.join(folder, "a"), "utf8"), "new a");
  assert.equal(readFileSync(path.join(folder, "backup/format-2/a"), "utf8"), "old a");
  assert.deepEqual(markerOf(folder), formats);
  bringUpToDate(folder, false, steps, formats);
  assert.equal(readFileSync(path.join(folder, "a"), "utf8"), "new a");
});

test("[RUN-8] a step that a crash cut short is undone before anything else", (context) => {
  const folder = temporaryFolder(context);
  const backup = path.join(folder, "backup/format-1");
  mkdirSync(backup, { recursive: true });
  writeFileSync(path.join(folder, "a"), "half");
  writeFileSync(path.join(folder, "b"), "half");
  writeFileSync(path.join(backup, "a"), "whole");
  writeFileSync(path.join(backup, "unfinished.json"), JSON.stringify(["a", "b"]));
  bringUpToDate(folder, false);
  assert.equal(readFileSync(path.join(folder, "a"), "utf8"), "whole");
  assert.deepEqual([existsSync(path.join(folder, "b")), existsSync(backup)], [false, false]);
});

test("[RUN-8] when the app was killed and its journal's log is missing, it says so and what to do, as often as it is started", async (context) => {
  const folder = await oldFolder(context);
  const record = path.join(folder, "coordinator.json");
  writeFileSync(record, JSON.stringify({ pid: 1, startedAt: 1, socketPath: "/gone" }));
  for (let start = 0; start < 2; start += 1)
    await assert.rejects(startHost({ dataDir: folder, ...OPTIONS }), {
      code: "data-folder",
      message: `${path.join(folder, "journal.sqlite-wal")} is missing, which holds what was accepted last, because the app was not closed: put it back; or remove ${record} to go on without it`,
    });
  rmSync(record);
  await (await startHost({ dataDir: folder, ...OPTIONS })).dispose();
});
