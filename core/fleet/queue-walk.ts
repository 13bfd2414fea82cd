import { heapRest, heapWith, type PersistentHeap } from "../base/persistent-heap.ts";
import type { RunId } from "../model/id.ts";
import { compareEntries, type QueueEntry } from "./queue-entry.ts";
import { type RunShares, shareOf } from "./run-shares.ts";
import type { AlikeRow } from "./sorted-row.ts";

/** A place in one row: the entry that is next there. */
interface Cursor {
  readonly alike: AlikeRow;
  readonly at: number;
  readonly entry: QueueEntry;
}

/** One run on the way; `rows` is null until it is looked into. */
interface RunCursor {
  readonly run: RunId;
  readonly inUse: number;
  readonly turn: number;
  readonly rows: { readonly cursors: PersistentHeap<Cursor> } | null;
}

/** One way through a queue, which must not change meanwhile. What is given counts for its run, unless `skipAlike` takes it back. */
export class QueueWalk {
  readonly #byRun: ReadonlyMap<RunId, ReadonlyMap<string, AlikeRow>>;
  /** Keys of what is passed over. */
  readonly #skipped = new Set<string>();
  readonly #gone: ReadonlySet<QueueEntry>;
  #runs: PersistentHeap<RunCursor> = null;
  #turn = 0;
  /** The last entry given, and its run as it was before. */
  #last: { readonly run: RunCursor; readonly cursor: Cursor } | null = null;

  constructor(
    byRun: ReadonlyMap<RunId, ReadonlyMap<string, AlikeRow>>,
    shares: RunShares,
    gone: ReadonlySet<QueueEntry>,
  ) {
    this.#byRun = byRun;
    this.#gone = gone;
    for (const run of byRun.keys()) {
      const turn = shares.turn(run);
      this.#turn = Math.max(this.#turn, turn);
      this.#runs = heapWith(this.#runs, { run, inUse: shares.inUse(run), turn, rows: null }, compareRuns);
    }
  }

  /** The best of those not given yet. */
  next(): QueueEntry | undefined {
    this.#charge();
    for (let first = this.#runs; first !== null; first = this.#runs) {
      this.#runs = heapRest(first, compareRuns);
      const run = this.#look(first.value);
      const cursor = run.rows.cursors;
      if (cursor === null) continue;
      this.#last = { run, cursor: cursor.value };
      return cursor.value.entry;
    }
    return undefined;
  }

  /** Passes over all that need the same as the last entry given, which its run did not get. */
  skipAlike(): void {
    if (this.#last === null) return;
    const { run, cursor } = this.#last;
    this.#last = null;
    this.#skipped.add(cursor.alike.key);
    this.#runs = heapWith(this.#runs, run, compareRuns);
  }

  /** The run with its best cursor first, past what is skipped. */
  #look(run: RunCursor): RunCursor & { readonly rows: NonNullable<RunCursor["rows"]> } {
    let cursors: PersistentHeap<Cursor> = run.rows?.cursors ?? null;
    if (run.rows === null)
      for (const alike of this.#byRun.get(run.run)?.values() ?? []) cursors = push(cursors, alike, 0);
    for (let best = cursors; best !== null; best = cursors) {
      const { alike, at, entry } = best.value;
      const isSkipped = this.#skipped.has(alike.key);
      if (!isSkipped && !this.#gone.has(entry)) break;
      cursors = heapRest(best, compareCursors);
      if (!isSkipped) cursors = push(cursors, alike, at + 1);
    }
    return { ...run, rows: { cursors } };
  }

  /** The run of the last entry given has so much more, and goes behind the others that have as much. */
  #charge(): void {
    if (this.#last === null) return;
    const { run, cursor } = this.#last;
    this.#last = null;
    const first = run.rows?.cursors ?? null;
    const cursors = push(first === null ? null : heapRest(first, compareCursors), cursor.alike, cursor.at + 1);
    const inUse = run.inUse + shareOf(cursor.entry.needs);
    this.#runs = heapWith(this.#runs, { ...run, inUse, turn: ++this.#turn, rows: { cursors } }, compareRuns);
  }
}

function push(cursors: PersistentHeap<Cursor>, alike: AlikeRow, at: number): PersistentHeap<Cursor> {
  const entry = alike.row.at(at);
  return entry === undefined ? cursors : heapWith(cursors, { alike, at, entry }, compareCursors);
}

function compareCursors(a: Cursor, b: Cursor): number {
  return compareEntries(a.entry, b.entry);
}

function compareRuns(a: RunCursor, b: RunCursor): number {
  return a.inUse - b.inUse || a.turn - b.turn || (a.run < b.run ? -1 : 1);
}
