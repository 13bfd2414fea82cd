import type { EpochMs, RunId } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";

/** A wall clock that is further ahead than this was set, or the machine slept; less is taken over as it is. */
export const STEP_MS = 2_000;

/**
 * The time of each run: the wall clock when it begins or is loaded, and from then on as time passes, whatever is done to the wall clock.
 * So its events never go back in time, and what it waits for comes after as long as it should. A wall clock that jumped ahead is caught
 * up with by an event that says so; one that was set back is not followed before the next start.
 */
export class RunClocks {
  readonly #clock: Clock;
  /** What each run's time is ahead of the monotonic clock. */
  readonly #offsets = new Map<RunId, number>();
  /** What the offsets were before steps that are not durable yet. */
  readonly #before = new Map<RunId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `last`: the time of its last event; null of a run that is being made. */
  now(run: RunId, last: EpochMs | null): EpochMs {
    const monotonicMs = this.#clock.monotonicMs();
    let offset = this.#offsets.get(run);
    if (offset === undefined) {
      offset = Math.max(this.#clock.now(), last ?? 0) - monotonicMs;
      this.#offsets.set(run, offset);
    }
    return Math.floor(offset + monotonicMs) as EpochMs;
  }

  /** Sets the run's time to the wall clock's when that is ahead. Returns by how much when it is a step that the run must be told of. */
  catchUp(run: RunId): number | null {
    const offset = this.#offsets.get(run);
    if (offset === undefined) return null;
    const ahead = Math.floor(this.#clock.now() - this.#clock.monotonicMs() - offset);
    if (ahead <= 0) return null;
    this.#offsets.set(run, offset + ahead);
    if (ahead <= STEP_MS) return null;
    if (!this.#before.has(run)) this.#before.set(run, offset);
    return ahead;
  }

  /** What runs were told of steps is durable. */
  committed(): void {
    this.#before.clear();
  }

  /** It is not: the run is where it was. */
  rolledBack(run: RunId): void {
    const before = this.#before.get(run);
    if (before === undefined) return;
    this.#offsets.set(run, before);
    this.#before.delete(run);
  }

  forget(run: RunId): void {
    this.#offsets.delete(run);
    this.#before.delete(run);
  }
}
