import type { RunId } from "../model/id.ts";
import { needsKey, needsRoom, type QueueEntry } from "./queue-entry.ts";
import { QueueWalk } from "./queue-walk.ts";
import { NO_SHARES, type RunShares } from "./run-shares.ts";
import { type AlikeRow, SortedRow } from "./sorted-row.ts";

/**
 * Attempts that wait for an agent, by run and by what they need: what fits nowhere is passed over with all that need the same, so a pass
 * costs what it places and the kinds of needs there are, however long the queue.
 */
export class NeedsQueue implements Iterable<QueueEntry> {
  readonly #byRun = new Map<RunId, Map<string, AlikeRow>>();
  readonly #byNeeds = new Map<string, Map<RunId, AlikeRow>>();
  /** Keys of needs of more than a slot. */
  readonly #roomy = new Set<string>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `nowMs` is monotonic, here and below. */
  add(entry: QueueEntry, nowMs = 0): void {
    const { run, needs } = entry;
    const key = needsKey(needs);
    const alike = this.#byNeeds.get(key)?.get(run) ?? this.#begin(run, key, needsRoom(needs), nowMs);
    alike.row.add(entry);
    this.#size += 1;
  }

  #begin(run: RunId, key: string, isRoomy: boolean, nowMs: number): AlikeRow {
    const alike = { run, key, row: new SortedRow(), passedOverSinceMs: nowMs };
    this.#byRun.set(run, (this.#byRun.get(run) ?? new Map<string, AlikeRow>()).set(key, alike));
    this.#byNeeds.set(key, (this.#byNeeds.get(key) ?? new Map<RunId, AlikeRow>()).set(run, alike));
    if (isRoomy) this.#roomy.add(key);
    return alike;
  }

  /** Does nothing when it is not there. */
  remove(entry: QueueEntry, nowMs = 0): void {
    const key = needsKey(entry.needs);
    const alike = this.#byNeeds.get(key)?.get(entry.run);
    if (alike?.row.remove(entry) !== true) return;
    this.#size -= 1;
    alike.passedOverSinceMs = nowMs;
    if (alike.row.size === 0) this.#end(alike);
  }

  #end({ run, key }: AlikeRow): void {
    const ofRun = this.#byRun.get(run);
    ofRun?.delete(key);
    if (ofRun?.size === 0) this.#byRun.delete(run);
    const ofNeeds = this.#byNeeds.get(key);
    ofNeeds?.delete(run);
    if (ofNeeds?.size !== 0) return;
    this.#byNeeds.delete(key);
    this.#roomy.delete(key);
  }

  /** Whether anything of these needs waits. */
  hasAlike(key: string): boolean {
    return this.#byNeeds.has(key);
  }

  /** Those that need the same, at most `limit`, best first within each run. */
  alike(key: string, limit: number): readonly QueueEntry[] {
    const found: QueueEntry[] = [];
    for (const { row } of this.#byNeeds.get(key)?.values() ?? [])
      for (const entry of row) {
        if (found.length >= limit) return found;
        found.push(entry);
      }
    return found;
  }

  /** What asks for more than a slot, by run and by needs. */
  roomy(): readonly AlikeRow[] {
    return [...this.#roomy].flatMap((key) => [...(this.#byNeeds.get(key)?.values() ?? [])]);
  }

  /** All entries but those that are `gone`, as far as they are asked for: the run with the least first, and in it the best. */
  walk(shares: RunShares = NO_SHARES, gone: ReadonlySet<QueueEntry> = new Set()): QueueWalk {
    return new QueueWalk(this.#byRun, shares, gone);
  }

  /** As if each was given an agent. */
  *[Symbol.iterator](): Iterator<QueueEntry> {
    const walk = this.walk();
    for (let entry = walk.next(); entry !== undefined; entry = walk.next()) yield entry;
  }
}
