import type { RunId } from "../model/id.ts";
import { compareEntries, type QueueEntry } from "./queue-entry.ts";

/** The entries of one run that need the same; never empty. */
export interface AlikeRow {
  readonly run: RunId;
  readonly key: string;
  readonly row: SortedRow;
  /** Monotonic: when the row began, or something of it was taken out last. */
  passedOverSinceMs: number;
}

/** Free places at the beginning of a row are given back when there are more than this, and more than entries. */
const MAX_FREE = 64;

/** Entries by `compareEntries`. Taking or adding the first or the last costs O(log n) however many there are. */
export class SortedRow implements Iterable<QueueEntry> {
  /** From `#first` on; free places come before. */
  #entries: (QueueEntry | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#entries.length - this.#first;
  }

  /** From 0, best first. */
  at(index: number): QueueEntry | undefined {
    return this.#entries[this.#first + index];
  }

  add(entry: QueueEntry): void {
    const place = this.#placeOf(entry);
    if (place === this.#first && this.#first > 0) this.#entries[--this.#first] = entry;
    else if (place === this.#entries.length) this.#entries.push(entry);
    else this.#entries.splice(place, 0, entry);
  }

  /** False when it is not there. */
  remove(entry: QueueEntry): boolean {
    const place = this.#placeOf(entry);
    const found = this.#entries[place];
    if (found?.run !== entry.run || found.path !== entry.path) return false;
    if (place !== this.#first) {
      this.#entries.splice(place, 1);
      return true;
    }
    this.#entries[this.#first++] = undefined;
    if (this.#first > MAX_FREE && this.#first > this.size) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return true;
  }

  /** Where an entry is, or would be. */
  #placeOf(entry: QueueEntry): number {
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (other !== undefined && compareEntries(other, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  *[Symbol.iterator](): Iterator<QueueEntry> {
    for (let index = 0; index < this.size; index += 1) {
      const entry = this.at(index);
      if (entry !== undefined) yield entry;
    }
  }
}
