import assert from "node:assert/strict";
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { RunEvent } from "#core/model/event.ts";
import type { EpochMs, RunId } from "#core/model/id.ts";
import { createRun } from "#core/engine/create.ts";
import { decide } from "#core/engine/decide.ts";
import { RunBook } from "#main/coordinator/run-book.ts";
import { JournalError } from "#main/persistence/journal-error.ts";
import { SqliteJournal } from "#main/persistence/sqlite-journal.ts";
import { task, workflow } from "#test/core/engine/support.ts";
import { temporaryFolder } from "#test/support/fleet.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const MOMENT = { now: 1 as EpochMs, chance: 0 };
const RUNS = 12;

function eventsOf(run: string): readonly RunEvent[] {
  const definition = workflow(Array.from({ length: 20 }, (_, index) => task(`t${index}`)));
  const named = { run: run as RunId, definition, inputs: {}, folder: null, out: null, by: "ada" };
  const created = createRun(named, MOMENT);
  const started = decide(created.next, { kind: "start", by: "ada" }, MOMENT);
  return [...created.events, ...started.events];
}

/** A journal of a dozen runs under way, closed in order. */
function journalFile(context: TestContext): string {
  const file = path.join(temporaryFolder(context), "journal.sqlite");
  const journal = new SqliteJournal(file);
  for (let index = 0; index < RUNS; index += 1) journal.append(eventsOf(`run-${String(index).padStart(2, "0")}`));
  journal.dispose();
  return file;
}

/** What is left of it: how many runs can be read, or why none. */
function openAgain(file: string): { readonly sound: number; readonly listed: number } | JournalError {
  let journal: SqliteJournal;
  try {
    journal = new SqliteJournal(file);
  } catch (error) {
    assert.ok(error instanceof JournalError, String(error));
    return error;
  }
  try {
    const book = new RunBook(journal, SILENT);
    return { sound: book.live().size, listed: journal.runs().length };
  } finally {
    journal.dispose();
  }
}

test("[RUN-2] a file that is no journal is refused by name, with what to do", (context) => {
  const file = path.join(temporaryFolder(context), "journal.sqlite");
  writeFileSync(file, "this is a letter to my aunt, and no journal at all".repeat(100));
  const found = openAgain(file);
  assert.ok(found instanceof JournalError);
  assert.equal(found.code, "damaged");
  assert.match(
    found.message,
    new RegExp(`the journal ${file} is damaged .*: put a backup of it in its place, or move it`),
  );
  assert.match(readFileSync(file, "utf8"), /^this is a letter/);
});

test("[RUN-2] a journal that was cut short is refused by name, or gives the runs that are whole", (context) => {
  const file = journalFile(context);
  const { length } = readFileSync(file);
  const copy = `${file}.copy`;
  for (const share of [0.1, 0.4, 0.7, 0.95]) {
    copyFileSync(file, copy);
    truncateSync(copy, Math.floor(length * share));
    const found = openAgain(copy);
    if (found instanceof JournalError) assert.match(found.message, /is damaged|failed/);
    else assert.ok(found.sound < RUNS);
  }
});

test("[RUN-2] whatever bytes of a journal flip, nothing but a clear error comes of it, and sound runs go on", (context) => {
  const file = journalFile(context);
  const bytes = readFileSync(file);
  const copy = `${file}.copy`;
  let refused = 0;
  const flip = fc.array(fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(flip, (flips) => {
      const damaged = Buffer.from(bytes);
      for (const { at, bit } of flips) damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
      writeFileSync(copy, damaged);
      const found = openAgain(copy);
      if (found instanceof JournalError) refused += 1;
      else assert.ok(found.sound <= found.listed);
    }),
    { numRuns: 40 },
  );
  assert.ok(refused < 40, "single damaged runs do not hold up the others");
});

test("[RUN-2] one run that is damaged is set aside, and the others go on", (context) => {
  const file = journalFile(context);
  const database = new DatabaseSync(file);
  database.exec("update event set data = '{ half' where run = 'run-05' and seq = 7");
  database.close();
  assert.deepEqual(openAgain(file), { sound: RUNS - 1, listed: RUNS });
});
