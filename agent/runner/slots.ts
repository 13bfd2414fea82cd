import type { CancelSignal } from "#core/base/cancel.ts";
import type { AppId } from "#core/model/id.ts";

/**
 * How many processes run at once, whichever app asked. Who comes too early waits: a free slot goes to the app that has the fewest,
 * and within an app to who came first, so that no app can keep another from working.
 */
export class SharedSlots {
  #free: number;
  readonly #held = new Map<AppId, number>();
  readonly #waiting = new Map<AppId, Set<() => void>>();

  constructor(count: number) {
    this.#free = count;
  }

  /** The same slots, as one app uses them. */
  of(app: AppId): Slots {
    return {
      take: (signal) => this.#take(app, signal),
      takeAtOnce: () => this.#enter(app),
      release: () => this.#release(app),
    };
  }

  #take(app: AppId, signal: CancelSignal): Promise<void> {
    if (this.#free > 0 || signal.aborted) {
      this.#enter(app);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const enter = (): void => {
        signal.removeEventListener("abort", giveUp);
        this.#enter(app);
        resolve();
      };
      const giveUp = (): void => {
        this.#leave(app, enter);
        enter();
      };
      const waiting = this.#waiting.get(app) ?? new Set();
      this.#waiting.set(app, waiting.add(enter));
      signal.addEventListener("abort", giveUp);
    });
  }

  #enter(app: AppId): void {
    this.#free -= 1;
    this.#held.set(app, (this.#held.get(app) ?? 0) + 1);
  }

  #release(app: AppId): void {
    this.#free += 1;
    const left = (this.#held.get(app) ?? 1) - 1;
    if (left > 0) this.#held.set(app, left);
    else this.#held.delete(app);
    if (this.#free > 0) this.#next()?.();
  }

  #next(): (() => void) | undefined {
    let chosen: AppId | undefined;
    for (const app of this.#waiting.keys()) {
      if (chosen === undefined || (this.#held.get(app) ?? 0) < (this.#held.get(chosen) ?? 0)) chosen = app;
    }
    if (chosen === undefined) return undefined;
    const waiting = this.#waiting.get(chosen);
    const [first] = waiting ?? [];
    if (waiting === undefined || first === undefined) return undefined;
    // An app that has had its turn comes after those that have as few.
    this.#waiting.delete(chosen);
    this.#waiting.set(chosen, waiting);
    this.#leave(chosen, first);
    return first;
  }

  #leave(app: AppId, enter: () => void): void {
    const waiting = this.#waiting.get(app);
    waiting?.delete(enter);
    if (waiting?.size === 0) this.#waiting.delete(app);
  }
}

/** An agent's slots, as one of its apps uses them. */
export interface Slots {
  /** Resolves with a slot, or without one once `signal` is aborted. */
  take(signal: CancelSignal): Promise<void>;
  /** A frozen attempt that wakes has waited its turn before: it goes on even above the count. */
  takeAtOnce(): void;
  release(): void;
}
