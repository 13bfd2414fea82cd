import type { Json } from "#core/base/json.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Activity, ActivityListener } from "./activity.ts";
import { PausableTimer } from "./stopwatch.ts";

/** Waits, in this process; stands still while frozen. */
export class SleepActivity implements Activity {
  readonly #timer: PausableTimer;
  readonly #done = Promise.withResolvers<Json>();
  #listener: ActivityListener | undefined;

  constructor(clock: Clock, durationMs: number) {
    this.#timer = new PausableTimer(clock, durationMs, () => this.#done.resolve(null));
  }

  run(listener: ActivityListener): Promise<Json> {
    this.#listener = listener;
    listener.started(null);
    this.#timer.start();
    return this.#done.promise;
  }

  stop(): void {
    this.kill();
  }

  kill(): void {
    this.#timer.cancel();
    this.#done.resolve(null);
  }

  freeze(): void {
    this.#timer.pause();
    this.#listener?.frozen();
  }

  thaw(): void {
    this.#timer.start();
    this.#listener?.thawed();
  }
}

/** Nothing, which is done at once. */
export class InstantActivity implements Activity {
  run(listener: ActivityListener): Promise<Json> {
    listener.started(null);
    return Promise.resolve(null);
  }

  stop(): void {
    // It is over before anybody can ask.
  }

  kill(): void {
    // As above.
  }

  freeze(): void {
    // As above.
  }

  thaw(): void {
    // As above.
  }
}
