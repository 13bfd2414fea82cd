import type { Clock } from "#core/ports/clock.ts";

/** The machine slept if its date went on for longer than this while the monotonic clock stood still. */
const SLEPT_MS = 10_000;

/** Time that never goes back and, unlike the monotonic clock of some systems, goes on while the machine sleeps. */
export class ElapsedTime {
  readonly #clock: Clock;
  #sleptMs = 0;
  #gapMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#gapMs = clock.now() - clock.monotonicMs();
  }

  nowMs(): number {
    return this.#clock.monotonicMs() + this.#sleptMs;
  }

  /** Whether the machine slept since this was last asked; the time slept is added. A date that was set ahead looks the same. */
  hasSlept(): boolean {
    const gapMs = this.#clock.now() - this.#clock.monotonicMs();
    const sleptMs = gapMs - this.#gapMs;
    this.#gapMs = gapMs;
    if (sleptMs < SLEPT_MS) return false;
    this.#sleptMs += sleptMs;
    return true;
  }
}
