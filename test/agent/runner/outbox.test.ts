import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AppId, Millis, NodePath, RunId } from "#core/model/id.ts";
import { Outbox, type OutboxEntry, readOutbox } from "#agent/runner/outbox.ts";
import { placesOf } from "#agent/runner/attempt-folders.ts";
import { clock, makeFolder, silentLog } from "#test/support/agent-process.ts";

const APP = "0123456789abcdef" as AppId;
const KEY = { run: "r" as RunId, path: "a/b[3]" as NodePath, fence: 7 };
const ENTRY: OutboxEntry = {
  app: APP,
  key: KEY,
  outcome: { kind: "success", result: { sum: 1234, text: "文" }, files: [], executionMs: 5 as Millis },
};

test("[RUN-8] whichever byte of a kept outcome has a bit turned over, another outcome is never told", async (context) => {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  const places = placesOf(folder.path, APP, KEY);
  const outboxFolder = join(folder.path, "outbox");
  await mkdir(outboxFolder, { recursive: true });
  const outbox = new Outbox({ clock, log: silentLog });
  await outbox.keep(places, ENTRY).write();
  await outbox.dispose();
  const [name = ""] = await readdir(outboxFolder);
  const file = join(outboxFolder, name);
  const sound = await readFile(file);
  assert.deepEqual(await readOutbox(outboxFolder, silentLog), [ENTRY]);
  let refused = 0;
  for (let at = 0; at < sound.length; at += 1) {
    const damaged = Buffer.from(sound);
    damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at & 7)), at);
    await writeFile(file, damaged);
    const told = await readOutbox(outboxFolder, silentLog);
    if (told.length === 0) refused += 1;
    else assert.deepEqual(told, [ENTRY], `byte ${String(at)}`);
  }
  assert.ok(refused > sound.length * 0.9, `${String(refused)} of ${String(sound.length)} were noticed`);
});

test("[RUN-8] an outcome that an older agent kept, without a digest, is told", async (context) => {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  await writeFile(join(folder.path, "old.json"), JSON.stringify(ENTRY));
  assert.deepEqual(await readOutbox(folder.path, silentLog), [ENTRY]);
});
