import { heapRest, heapWith, type PersistentHeap } from "../base/persistent-heap.ts";
import { compareEntries, needsKey, type QueueEntry } from "./queue-entry.ts";

/**
 * Attempts that wait for an agent, best first by `compareEntries`, kept by what they need: what fits nowhere is passed over with all
 * that need the same, so a pass costs what it places and the kinds of needs there are, however long the queue.
 */
export class NeedsQueue implements Iterable<QueueEntry> {
  /** Best first; none is empty. */
  readonly #groups = new Map<string, QueueEntry[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(entry: QueueEntry): void {
    const key = needsKey(entry.needs);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, [entry]);
    else group.splice(indexIn(group, entry), 0, entry);
    this.#size += 1;
  }

  /** Removes an entry that is there. */
  remove(entry: QueueEntry): void {
    const key = needsKey(entry.needs);
    const group = this.#groups.get(key);
    if (group === undefined) return;
    const at = indexIn(group, entry);
    if (group[at]?.run !== entry.run || group[at].path !== entry.path) return;
    group.splice(at, 1);
    this.#size -= 1;
    if (group.length === 0) this.#groups.delete(key);
  }

  /** Those that need the same, best first; none where nothing does. */
  alike(key: string): readonly QueueEntry[] {
    return this.#groups.get(key) ?? [];
  }

  /** All entries, best first, as far as they are asked for. */
  walk(): QueueWalk {
    return new QueueWalk([...this.#groups.values()]);
  }

  *[Symbol.iterator](): Iterator<QueueEntry> {
    const walk = this.walk();
    for (let entry = walk.next(); entry !== undefined; entry = walk.next()) yield entry;
  }
}

/** Where an entry is in its group, or would be. */
function indexIn(group: readonly QueueEntry[], entry: QueueEntry): number {
  let low = 0;
  let high = group.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = group[middle];
    if (other !== undefined && compareEntries(other, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A place in one group: the entry that is next there. */
interface Cursor {
  readonly group: readonly QueueEntry[];
  readonly at: number;
  readonly entry: QueueEntry;
}

/** One way through a queue, which must not change meanwhile. */
export class QueueWalk {
  #cursors: PersistentHeap<Cursor> = null;
  /** The cursor of the last entry given, not yet moved on. */
  #last: Cursor | null = null;

  constructor(groups: readonly (readonly QueueEntry[])[]) {
    for (const group of groups) this.#push(group, 0);
  }

  /** The best of those not given yet. */
  next(): QueueEntry | undefined {
    if (this.#last !== null) this.#push(this.#last.group, this.#last.at + 1);
    const first = this.#cursors;
    if (first === null) return undefined;
    this.#cursors = heapRest(first, compareCursors);
    this.#last = first.value;
    return first.value.entry;
  }

  /** Passes over all that need the same as the last entry given. */
  skipAlike(): void {
    this.#last = null;
  }

  #push(group: readonly QueueEntry[], at: number): void {
    this.#last = null;
    const entry = group[at];
    if (entry !== undefined) this.#cursors = heapWith(this.#cursors, { group, at, entry }, compareCursors);
  }
}

function compareCursors(a: Cursor, b: Cursor): number {
  return compareEntries(a.entry, b.entry);
}
