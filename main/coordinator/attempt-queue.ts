import type { NodePath, RunId } from "#core/model/id.ts";
import { type QueueEntry, compareEntries } from "#core/fleet/schedule.ts";

/** Attempts of all runs that wait for an agent, best first, with why each waits. */
export class AttemptQueue {
  #entries: QueueEntry[] = [];
  readonly #byRun = new Map<RunId, Map<NodePath, QueueEntry>>();
  readonly #reasons = new Map<RunId, Map<NodePath, string>>();

  get size(): number {
    return this.#entries.length;
  }

  /** Best first. */
  entries(): readonly QueueEntry[] {
    return this.#entries;
  }

  /** Makes the queue of one node be `entry` (null: none). */
  set(run: RunId, path: NodePath, entry: QueueEntry | null): void {
    const ofRun = this.#byRun.get(run) ?? new Map<NodePath, QueueEntry>();
    const before = ofRun.get(path);
    if (before !== undefined) {
      const at = this.#indexOf(before);
      if (this.#entries[at]?.run === run && this.#entries[at].path === path) this.#entries.splice(at, 1);
      ofRun.delete(path);
    }
    this.#reasons.get(run)?.delete(path);
    if (entry === null) {
      if (ofRun.size === 0) this.#forget(run);
      return;
    }
    this.#entries.splice(this.#indexOf(entry), 0, entry);
    ofRun.set(path, entry);
    this.#byRun.set(run, ofRun);
  }

  /** Where an entry is, or would be. */
  #indexOf(entry: QueueEntry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (other !== undefined && compareEntries(other, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forget(run: RunId): void {
    this.#byRun.delete(run);
    this.#reasons.delete(run);
  }

  dropRun(run: RunId): void {
    this.#forget(run);
    this.#entries = this.#entries.filter((entry) => entry.run !== run);
  }

  /** Those with something in the queue. */
  runs(): readonly RunId[] {
    return [...this.#byRun.keys()];
  }

  paths(run: RunId): readonly NodePath[] {
    return [...(this.#byRun.get(run)?.keys() ?? [])];
  }

  has(run: RunId, path: NodePath): boolean {
    return this.#byRun.get(run)?.has(path) ?? false;
  }

  reason(run: RunId, path: NodePath): string | null {
    return this.#reasons.get(run)?.get(path) ?? null;
  }

  /** Returns true when this is news. */
  setReason(run: RunId, path: NodePath, reason: string): boolean {
    if (!this.has(run, path)) return false;
    const reasons = this.#reasons.get(run) ?? new Map<NodePath, string>();
    this.#reasons.set(run, reasons);
    if (reasons.get(path) === reason) return false;
    reasons.set(path, reason);
    return true;
  }
}
