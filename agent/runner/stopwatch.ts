import type { Millis } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";

/** Counts time but for what it stood still. Rules RUN-3, RUN-4. */
export class Stopwatch {
  readonly #clock: Clock;
  #counted = 0;
  #since: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  run(): void {
    this.#since ??= this.#clock.monotonicMs();
  }

  stand(): void {
    this.#counted = this.elapsedMs();
    this.#since = undefined;
  }

  elapsedMs(): Millis {
    const now = this.#since === undefined ? 0 : this.#clock.monotonicMs() - this.#since;
    return Math.max(0, Math.round(this.#counted + now)) as Millis;
  }
}

/** Calls once after so much time on its stopwatch. */
export class PausableTimer {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #run: () => void;
  readonly #watch: Stopwatch;
  #cancel: (() => void) | undefined;
  #isOver = false;

  constructor(clock: Clock, delayMs: number, run: () => void) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#run = run;
    this.#watch = new Stopwatch(clock);
  }

  start(): void {
    if (this.#isOver || this.#cancel !== undefined) return;
    this.#watch.run();
    const left = Math.max(0, this.#delayMs - this.#watch.elapsedMs());
    this.#cancel = this.#clock.after(Math.min(left, MAX_TIMER_MS), () => this.#rang());
  }

  pause(): void {
    this.#watch.stand();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  cancel(): void {
    this.#isOver = true;
    this.pause();
  }

  #rang(): void {
    this.#cancel = undefined;
    if (this.#watch.elapsedMs() < this.#delayMs) return this.start();
    this.cancel();
    this.#run();
  }
}

/** Node's timers ring at once when given more than 2^31 - 1. */
const MAX_TIMER_MS = 2_000_000_000;
