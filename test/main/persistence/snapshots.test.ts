import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, test } from "node:test";
import type { EpochMs, RunId } from "#core/model/id.ts";
import { type SnapshotReason, toSnapshotId, type WorkflowSnapshot } from "#core/model/snapshot.ts";
import type { PersistenceProvider } from "#core/ports/persistence.ts";
import { FileSnapshots } from "#main/persistence/file-snapshots.ts";
import { MemorySnapshots } from "#main/persistence/memory-snapshots.ts";
import { SqliteSnapshots } from "#main/persistence/sqlite-snapshots.ts";

const RUN = "20261123-204512-k3f9" as RunId;
const OTHER = "20261123-204513-aaaa" as RunId;
const folders: string[] = [];

function freshFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "lw-snapshots-"));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function snapshot(seq: number, reason: SnapshotReason = "interval", run = RUN): WorkflowSnapshot {
  return {
    id: toSnapshotId(run, seq, reason),
    run,
    workflow: "a ‘name’ with 中文 and \n lines",
    seq,
    time: (1_700_000_000_000 + seq) as EpochMs,
    reason,
    state: "running",
    definitionHash: "ab".repeat(32),
    nodeStates: { "": "running", a: "completed", "p[0]/b": "idle", "p[1]/b": "completed" },
    contextVariables: { n: seq, deep: { list: [1, null, true, "中文"] } },
  };
}

function headOf({ nodeStates: _, contextVariables: __, ...head }: WorkflowSnapshot) {
  return head;
}

for (const [kind, open] of [
  ["SQLite", () => new SqliteSnapshots(path.join(freshFolder(), "snapshots.sqlite"))],
  ["file", () => new FileSnapshots(path.join(freshFolder(), "snapshots"))],
  ["memory", () => new MemorySnapshots()],
] as const) {
  describe(`the ${kind} provider of snapshots`, () => {
    async function withProvider(work: (provider: PersistenceProvider) => Promise<void>): Promise<void> {
      const provider = open();
      try {
        await work(provider);
      } finally {
        void provider.dispose();
      }
    }

    test("[SNAP-2] gives back a snapshot as it was saved", () =>
      withProvider(async (provider) => {
        await provider.saveSnapshot(snapshot(7));
        assert.deepEqual(await provider.loadSnapshot(snapshot(7).id), { ok: true, value: snapshot(7) });
      }));

    test("[SNAP-2] lists the snapshots of one run by event, whatever the order in which they were saved", () =>
      withProvider(async (provider) => {
        const saved = [snapshot(10), snapshot(9, "pause"), snapshot(100, "final"), snapshot(9, "manual")];
        for (const one of [...saved, snapshot(3, "manual", OTHER)]) await provider.saveSnapshot(one);
        assert.deepEqual(await provider.listSnapshots(RUN), {
          snapshots: [saved[3], saved[1], saved[0], saved[2]].map((one) => headOf(one ?? snapshot(1))),
          damaged: [],
        });
        assert.deepEqual((await provider.listSnapshots("nobody" as RunId)).snapshots, []);
        assert.deepEqual((await provider.listSnapshots("../.." as RunId)).snapshots, []);
      }));

    test("[SNAP-2] a snapshot of the same id takes the place of the old one", () =>
      withProvider(async (provider) => {
        const later = { ...snapshot(7), time: 5 as EpochMs, contextVariables: { n: 1 } };
        await provider.saveSnapshot(snapshot(7));
        await provider.saveSnapshot(later);
        assert.deepEqual(await provider.loadSnapshot(later.id), { ok: true, value: later });
        assert.equal((await provider.listSnapshots(RUN)).snapshots.length, 1);
      }));

    test("[SNAP-2] what was given or saved and is changed later changes nothing that is kept", () =>
      withProvider(async (provider) => {
        const variables = { n: 1 };
        await provider.saveSnapshot({ ...snapshot(7), contextVariables: variables });
        variables.n = 2;
        const first = await provider.loadSnapshot(snapshot(7).id);
        assert.ok(first.ok);
        assert.deepEqual(first.value.contextVariables, { n: 1 });
      }));

    test("[SNAP-2] a snapshot that there is not is refused by its id, and the newest one of the run offered", () =>
      withProvider(async (provider) => {
        await provider.saveSnapshot(snapshot(3));
        await provider.saveSnapshot(snapshot(12));
        await provider.saveSnapshot(snapshot(40, "manual", OTHER));
        const refused = await provider.loadSnapshot(snapshot(5).id);
        assert.ok(!refused.ok);
        assert.equal(refused.error.code, "not-found");
        assert.match(refused.error.message, new RegExp(`${snapshot(5).id}.*newest.*${snapshot(12).id}`));
        assert.deepEqual(refused.error.newest, headOf(snapshot(12)));
        const wrong = await provider.loadSnapshot("../../etc/passwd" as never);
        assert.ok(!wrong.ok);
        assert.match(wrong.error.message, /etc\/passwd.*RUN@EVENT-REASON/);
      }));

    test("[SNAP-2] forgets the snapshots that are named, and all of a run", () =>
      withProvider(async (provider) => {
        for (const one of [snapshot(1), snapshot(2), snapshot(3), snapshot(4, "manual", OTHER)])
          await provider.saveSnapshot(one);
        await provider.deleteSnapshots([snapshot(2).id, snapshot(9).id]);
        assert.deepEqual(
          (await provider.listSnapshots(RUN)).snapshots.map(({ seq }) => seq),
          [1, 3],
        );
        await provider.deleteRun(RUN);
        await provider.deleteRun("../.." as RunId);
        assert.deepEqual((await provider.listSnapshots(RUN)).snapshots, []);
        assert.equal((await provider.listSnapshots(OTHER)).snapshots.length, 1);
      }));
  });
}

test("[SNAP-2] snapshots in SQLite and in files are there after they are opened again", async () => {
  const folder = freshFolder();
  const openers = [
    () => new SqliteSnapshots(path.join(folder, "s.sqlite")),
    () => new FileSnapshots(path.join(folder, "s")),
  ];
  for (const open of openers) {
    const first = open();
    await first.saveSnapshot(snapshot(7));
    first.dispose();
    const second = open();
    assert.deepEqual(await second.loadSnapshot(snapshot(7).id), { ok: true, value: snapshot(7) });
    second.dispose();
  }
});
