import { buildSnapshot } from "#core/engine/snapshot.ts";
import type { RunState } from "#core/engine/state.ts";
import type { SnapshotId, SnapshotReason } from "#core/model/snapshot.ts";
import { toSnapshotId } from "#core/model/snapshot.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { PersistenceProvider } from "#core/ports/persistence.ts";
import { messageOf } from "./errors.ts";

/** How often a running workflow is kept, if something has changed. Rule SNAP-3. */
export const SNAPSHOT_INTERVAL_MS = 60_000;
/** In this process nobody else waits for the copy, so it is made in one piece. */
const ALL_AT_ONCE = Number.MAX_SAFE_INTEGER;

/** Keeps snapshots of one run: one after the other, in the order they were taken. A provider that fails stops nothing. Rules SNAP-3, FAULT-7. */
export class SnapshotKeeper {
  readonly #provider: PersistenceProvider;
  readonly #clock: Clock;
  readonly #failed: (message: string) => void;
  #saving: Promise<void> = Promise.resolve();
  #keptSeq = 0;
  #cancelInterval: () => void = () => {};

  constructor(provider: PersistenceProvider, clock: Clock, failed: (message: string) => void) {
    this.#provider = provider;
    this.#clock = clock;
    this.#failed = failed;
  }

  take(state: RunState, reason: SnapshotReason): SnapshotId {
    this.#keptSeq = state.seq;
    const time = this.#clock.now();
    this.#saving = this.#saving.then(async () => {
      try {
        const snapshot = buildSnapshot(state, reason, time, ALL_AT_ONCE).next().value;
        if (snapshot !== undefined) await this.#provider.saveSnapshot(snapshot);
      } catch (error) {
        this.#failed(`the persistence provider could not keep the run: ${messageOf(error)}`);
      }
    });
    return toSnapshotId(state.run, state.seq, reason);
  }

  /** Keeps the run from time to time until `stop`. */
  start(present: () => RunState): void {
    this.#cancelInterval = this.#clock.after(SNAPSHOT_INTERVAL_MS, () => {
      const state = present();
      if (state.seq !== this.#keptSeq) this.take(state, "interval");
      this.start(present);
    });
  }

  /** Settles when everything taken is kept. */
  async stop(): Promise<void> {
    this.#cancelInterval();
    await this.#saving;
  }
}
