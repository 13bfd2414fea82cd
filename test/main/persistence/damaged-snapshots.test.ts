import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, test } from "node:test";
import fc from "fast-check";
import type { EpochMs, RunId } from "#core/model/id.ts";
import { toSnapshotId, type WorkflowSnapshot } from "#core/model/snapshot.ts";
import { FileSnapshots } from "#main/persistence/file-snapshots.ts";
import { SqliteSnapshots } from "#main/persistence/sqlite-snapshots.ts";

const RUN = "20261123-204512-k3f9" as RunId;
const folders: string[] = [];

function freshFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "lw-damage-"));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function snapshot(seq: number): WorkflowSnapshot {
  return {
    id: toSnapshotId(RUN, seq, "manual"),
    run: RUN,
    workflow: "w",
    seq,
    time: 1_700_000_000_000 as EpochMs,
    reason: "manual",
    state: "paused",
    definitionHash: "ab".repeat(32),
    nodeStates: { "": "running", a: "completed", "p[0]/b": "idle" },
    contextVariables: { n: seq },
  };
}

/** A folder with the sound snapshot 3 and the newer 9, whose file the caller damages. */
async function withFile(): Promise<{ provider: FileSnapshots; file: string; bytes: Buffer }> {
  const folder = freshFolder();
  const provider = new FileSnapshots(folder);
  await provider.saveSnapshot(snapshot(3));
  await provider.saveSnapshot(snapshot(9));
  const file = path.join(folder, RUN, "9-manual.snapshot");
  return { provider, file, bytes: readFileSync(file) };
}

async function assertRefused(provider: FileSnapshots, file: string, codes: readonly string[], how: string) {
  const refused = await provider.loadSnapshot(snapshot(9).id);
  assert.ok(!refused.ok, `${how}: it was taken`);
  const { code, message, newest } = refused.error;
  assert.ok(codes.includes(code), `${how}: ${code}`);
  assert.ok(message.includes(file) && message.includes(snapshot(9).id), `${how}: ${message}`);
  assert.equal(newest?.id, snapshot(3).id, how);
  assert.match(message, /newest sound snapshot of this run is \S+@3-manual/);
}

test("[SNAP-2] a file with any one bit flipped is refused by its name, and the newest sound one is offered", async () => {
  const { provider, file, bytes } = await withFile();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
    writeFileSync(file, changed);
    await assertRefused(provider, file, ["damaged", "foreign", "newer"], `bit ${String(bit)}`);
  }
});

test("[SNAP-2] a file cut at any length, or with something after it, is refused and not listed", async () => {
  const { provider, file, bytes } = await withFile();
  for (let length = 0; length <= bytes.length + 1; length++) {
    if (length === bytes.length) continue;
    writeFileSync(file, Buffer.concat([bytes, Buffer.from("\n")]).subarray(0, length));
    await assertRefused(provider, file, ["damaged"], `${String(length)} bytes`);
    const { snapshots, damaged } = await provider.listSnapshots(RUN);
    assert.deepEqual(
      snapshots.map(({ seq }) => seq),
      [3],
    );
    assert.deepEqual(
      damaged.map(({ name }) => name),
      [file],
    );
  }
});

test("[SNAP-2] many flipped bits, foreign bytes and other versions are refused as what they are", async () => {
  const { provider, file, bytes } = await withFile();
  const flips = fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(flips, async (bits) => {
      const changed = Buffer.from(bytes);
      for (const bit of new Set(bits)) changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(file, changed);
      await assertRefused(provider, file, ["damaged", "foreign", "newer"], bits.join());
    }),
    { numRuns: 200 },
  );
  writeFileSync(file, readFileSync(process.execPath).subarray(0, 100_000));
  await assertRefused(provider, file, ["foreign"], "a program");
  writeFileSync(file, bytes.toString("latin1").replace("lanweave-snapshot 1 ", "lanweave-snapshot 2 "), "latin1");
  await assertRefused(provider, file, ["newer"], "a newer format");
  copyFileSync(path.join(path.dirname(file), "3-manual.snapshot"), file);
  await assertRefused(provider, file, ["foreign"], "another snapshot's file");
});

test("[SNAP-2] a part that a killed process left behind is no snapshot, and a folder in a file's place is said", async () => {
  const { provider, file, bytes } = await withFile();
  writeFileSync(path.join(path.dirname(file), ".11-manual.snapshot.part"), bytes.subarray(0, 50));
  writeFileSync(path.join(path.dirname(file), "notes.txt"), "mine");
  assert.equal((await provider.listSnapshots(RUN)).snapshots.length, 2);
  await provider.saveSnapshot(snapshot(11));
  assert.equal((await provider.listSnapshots(RUN)).snapshots.length, 3);
  rmSync(file);
  mkdirSync(file);
  await assert.rejects(provider.loadSnapshot(snapshot(9).id), /EISDIR/);
});

test("[SNAP-2] a database with flipped bits or cut short gives what was saved or refuses it, and never anything else", async () => {
  const folder = freshFolder();
  const whole = path.join(folder, "whole.sqlite");
  const first = new SqliteSnapshots(whole);
  for (const seq of [3, 9]) await first.saveSnapshot(snapshot(seq));
  first.dispose();
  const bytes = readFileSync(whole);
  const file = path.join(folder, "damaged.sqlite");
  let refusals = 0;
  const look = async (): Promise<void> => {
    const provider = new SqliteSnapshots(file);
    try {
      const { snapshots } = await provider.listSnapshots(RUN);
      for (const head of snapshots) assert.ok(head.seq === 3 || head.seq === 9);
      const found = await provider.loadSnapshot(snapshot(9).id);
      if (found.ok) return assert.deepEqual(found.value, snapshot(9));
      refusals++;
      assert.match(found.error.message, /9-manual/);
      const offered = found.error.newest;
      if (offered !== null) assert.ok((await provider.loadSnapshot(offered.id)).ok);
    } finally {
      provider.dispose();
      rmSync(`${file}-wal`, { force: true });
      rmSync(`${file}-shm`, { force: true });
    }
  };
  const flips = fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(flips, async (bits) => {
      const changed = Buffer.from(bytes);
      for (const bit of new Set(bits)) changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(file, changed);
      await look();
    }),
    { numRuns: 150 },
  );
  for (let length = 1; length < bytes.length; length += 509) {
    copyFileSync(whole, file);
    truncateSync(file, length);
    await look();
  }
  assert.ok(refusals > 0, "nothing was ever refused");
});

test("[SNAP-2] what is no database, or one of a newer version, is refused by its name", async () => {
  const file = path.join(freshFolder(), "snapshots.sqlite");
  writeFileSync(file, "this is not a database, it is a text of some length ".repeat(100));
  const provider = new SqliteSnapshots(file);
  const refused = await provider.loadSnapshot(snapshot(9).id);
  assert.ok(!refused.ok);
  assert.match(refused.error.message, /snapshots\.sqlite.*not a database/);
  await assert.rejects(provider.saveSnapshot(snapshot(9)), /snapshots\.sqlite.*not a database/);
  provider.dispose();
  rmSync(file);
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  database.exec("pragma user_version = 99");
  database.close();
  const newer = await new SqliteSnapshots(file).loadSnapshot(snapshot(9).id);
  assert.ok(!newer.ok);
  assert.match(newer.error.message, /newer Lanweave/);
});
