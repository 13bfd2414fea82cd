import type { CancelSignal } from "#core/base/cancel.ts";

/** How many processes run at once, whichever app asked: who comes too early waits, first come first served. */
export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with a slot, or without one once `signal` is aborted. */
  take(signal: CancelSignal): Promise<void> {
    if (this.#free > 0 || signal.aborted) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const enter = (): void => {
        signal.removeEventListener("abort", giveUp);
        this.#free -= 1;
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== enter);
        enter();
      };
      this.#waiting.push(enter);
      signal.addEventListener("abort", giveUp);
    });
  }

  /** A frozen attempt that wakes has waited its turn before: it goes on even above the count. */
  takeAtOnce(): void {
    this.#free -= 1;
  }

  release(): void {
    this.#free += 1;
    if (this.#free > 0) this.#waiting.shift()?.();
  }
}
