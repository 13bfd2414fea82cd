import { NeedsQueue } from "#core/fleet/needs-queue.ts";
import { type QueueEntry, needsKey } from "#core/fleet/queue-entry.ts";
import { RunTurns } from "#core/fleet/run-shares.ts";
import type { Schedule } from "#core/fleet/schedule.ts";
import type { NodePath, RunId } from "#core/model/id.ts";

/** A node of a run. */
export interface QueuedNode {
  readonly run: RunId;
  readonly path: NodePath;
}

/** Nodes that are told of a new reason that they share; the others have it when they are next looked at. */
const MAX_TOLD = 1_000;

/** Attempts of all runs that wait for an agent, with why each waits and which run's turn it is. */
export class AttemptQueue {
  readonly #monotonicMs: () => number;
  readonly #entries = new NeedsQueue();
  readonly #turns = new RunTurns();
  readonly #byRun = new Map<RunId, Map<NodePath, QueueEntry>>();
  /** Why one entry waits; more exact than what it shares with those that need the same. */
  readonly #reasons = new Map<RunId, Map<NodePath, string>>();
  readonly #reasonsByNeeds = new Map<string, string>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): NeedsQueue {
    return this.#entries;
  }

  /** Makes the queue of one node be `entry` (null: none). */
  set(run: RunId, path: NodePath, entry: QueueEntry | null): void {
    const ofRun = this.#byRun.get(run) ?? new Map<NodePath, QueueEntry>();
    const before = ofRun.get(path);
    if (before !== undefined) this.#remove(before);
    ofRun.delete(path);
    this.#reasons.get(run)?.delete(path);
    if (entry === null) {
      if (ofRun.size === 0) this.#forget(run);
      return;
    }
    this.#entries.add(entry, this.#monotonicMs());
    this.#turns.join(run);
    ofRun.set(path, entry);
    this.#byRun.set(run, ofRun);
  }

  #remove(entry: QueueEntry): void {
    this.#entries.remove(entry, this.#monotonicMs());
    const key = needsKey(entry.needs);
    if (!this.#entries.hasAlike(key)) this.#reasonsByNeeds.delete(key);
  }

  #forget(run: RunId): void {
    this.#byRun.delete(run);
    this.#reasons.delete(run);
  }

  dropRun(run: RunId): void {
    for (const entry of this.#byRun.get(run)?.values() ?? []) this.#remove(entry);
    this.#forget(run);
  }

  /** Something of the run was given to an agent. */
  given(run: RunId): void {
    this.#turns.given(run);
  }

  /** When the run was given something last: see `RunTurns`. */
  turn(run: RunId): number {
    return this.#turns.turn(run);
  }

  /** The run is over. */
  leave(run: RunId): void {
    this.#turns.leave(run);
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
    const own = this.#reasons.get(run)?.get(path);
    if (own !== undefined) return own;
    const entry = this.#byRun.get(run)?.get(path);
    return entry === undefined ? null : (this.#reasonsByNeeds.get(needsKey(entry.needs)) ?? null);
  }

  /** Takes over why entries wait, as one pass of a scheduler says it. Returns nodes whose reason is news. Costs what has changed. */
  setReasons({ placements, waiting }: Schedule): readonly QueuedNode[] {
    const news: QueuedNode[] = [];
    const told = new Set<string>();
    for (const { entry, reason, isOfAllAlike } of waiting) {
      const key = needsKey(entry.needs);
      if (isOfAllAlike !== true) news.push(...this.#setOwn(entry, reason));
      else {
        told.add(key);
        news.push(...this.#setShared(key, reason));
      }
    }
    // Where some could be placed, the others wait for nothing but a free slot.
    for (const key of new Set(placements.map(({ entry }) => needsKey(entry.needs))))
      if (!told.has(key)) news.push(...this.#setShared(key, null));
    return news;
  }

  #setOwn({ run, path }: QueueEntry, reason: string): readonly QueuedNode[] {
    if (!this.has(run, path)) return [];
    const reasons = this.#reasons.get(run) ?? new Map<NodePath, string>();
    this.#reasons.set(run, reasons);
    if (reasons.get(path) === reason) return [];
    reasons.set(path, reason);
    return [{ run, path }];
  }

  #setShared(key: string, reason: string | null): readonly QueuedNode[] {
    if ((this.#reasonsByNeeds.get(key) ?? null) === reason || !this.#entries.hasAlike(key)) return [];
    if (reason === null) this.#reasonsByNeeds.delete(key);
    else this.#reasonsByNeeds.set(key, reason);
    return this.#entries.alike(key, MAX_TOLD).map(({ run, path }) => ({ run, path }));
  }
}
