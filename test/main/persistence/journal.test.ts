import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, test } from "node:test";
import type { RunEvent } from "#core/model/event.ts";
import type { EpochMs, NodePath, RunId } from "#core/model/id.ts";
import type { Journal } from "#core/ports/journal.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { SqliteJournal } from "#main/persistence/sqlite-journal.ts";

const RUN = "r-1" as RunId;
const folders: string[] = [];

function freshFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "lw-journal-"));
  folders.push(folder);
  return path.join(folder, "journal.sqlite");
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function event(seq: number, run = RUN): RunEvent {
  return {
    run,
    seq,
    time: (1000 + seq) as EpochMs,
    type: "Custom",
    path: "a/b" as NodePath,
    level: 2,
    from: null,
    to: seq % 2 ? "running" : null,
    reason: null,
    message: "a ‘message’ with 中文",
    data: { seq, nested: { list: [1, null, true] } },
  };
}

for (const [kind, open] of [
  ["SQLite", () => new SqliteJournal(freshFile())],
  ["memory", () => new MemoryJournal()],
] as const) {
  describe(`the ${kind} journal`, () => {
    function withJournal(work: (journal: Journal) => void): void {
      const journal = open();
      try {
        work(journal);
      } finally {
        void journal.dispose();
      }
    }

    test("[RUN-2] gives back events as they were written, in order", () => {
      withJournal((journal) => {
        journal.append([event(1), event(2)]);
        journal.append([event(3)]);
        assert.deepEqual(journal.read(RUN, 0, 10), [event(1), event(2), event(3)]);
        assert.deepEqual(journal.read(RUN, 1, 1), [event(2)]);
        assert.deepEqual(journal.runs(), [{ run: RUN, lastSeq: 3 }]);
      });
    });

    test("[RUN-2] refuses a gap or a repeated number and then writes nothing", () => {
      withJournal((journal) => {
        journal.append([event(1)]);
        assert.throws(() => journal.append([event(2), event(4)]), /expected event 3, found 4/);
        assert.throws(() => journal.append([event(1)]), /expected event 2, found 1/);
        assert.deepEqual(journal.read(RUN, 0, 10), [event(1)]);
      });
    });

    test("writes records with the events they belong to, or neither", () => {
      withJournal((journal) => {
        const record = { collection: "heads", key: RUN, value: { n: 1 } };
        assert.throws(() => journal.append([event(2)], [record]), /expected event 1, found 2/);
        assert.equal(journal.record("heads", RUN), undefined);
        journal.append([event(1)], [record]);
        assert.deepEqual(journal.record("heads", RUN), { n: 1 });
        journal.append([], [{ ...record, value: { n: 2 } }]);
        assert.deepEqual([journal.record("heads", RUN), journal.runs()], [{ n: 2 }, [{ run: RUN, lastSeq: 1 }]]);
      });
    });

    test("numbers each run by itself and deletes one without the other", () => {
      withJournal((journal) => {
        const other = "r-2" as RunId;
        journal.append([event(1), event(1, other), event(2)]);
        journal.deleteRun(RUN);
        assert.deepEqual(journal.runs(), [{ run: other, lastSeq: 1 }]);
        assert.deepEqual(journal.read(RUN, 0, 10), []);
      });
    });

    test("keeps records by collection and key", () => {
      withJournal((journal) => {
        journal.setRecord("agents", "b", { n: 1 });
        journal.setRecord("agents", "a", { n: 2 });
        journal.setRecord("agents", "b", { n: 3 });
        journal.setRecord("other", "a", { n: 4 });
        assert.deepEqual(journal.records("agents"), [
          ["a", { n: 2 }],
          ["b", { n: 3 }],
        ]);
        journal.setRecord("agents", "a", null);
        assert.equal(journal.record("agents", "a"), undefined);
        assert.deepEqual(journal.record("other", "a"), { n: 4 });
      });
    });
  });
}

test("[RUN-8] what was appended is there after the file is opened again", () => {
  const file = freshFile();
  const first = new SqliteJournal(file);
  first.append([event(1), event(2)]);
  first.dispose();
  const second = new SqliteJournal(file);
  second.append([event(3)]);
  assert.equal(second.read(RUN, 0, 10).length, 3);
  second.dispose();
});

test("a file that is no database is refused by name", () => {
  const file = freshFile();
  writeFileSync(file, "this is not a database, it is a text of some length ".repeat(100));
  assert.throws(() => new SqliteJournal(file), { code: "damaged", message: /journal\.sqlite.*backup/s });
});

test("a file of a newer version is refused and left alone", async () => {
  const file = freshFile();
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  database.exec("pragma user_version = 99");
  database.close();
  assert.throws(() => new SqliteJournal(file), { code: "newer", message: /newer Lanweave/ });
});
