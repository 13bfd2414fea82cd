import type { EpochMs, Millis } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so; timers fire in order of their time, then of their setting. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #wallMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  now(): EpochMs {
    return (1_700_000_000_000 + this.#wallMs + this.#nowMs) as EpochMs;
  }

  /** As when somebody sets the machine's clock, or the machine sleeps: the wall clock jumps, and no time passes. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  monotonicMs(): Millis {
    return this.#nowMs as Millis;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** As when a process is killed: nothing that it waited for will happen. */
  forget(): void {
    this.#timers.clear();
  }

  /** As when a process is stopped: time passes and nothing happens in it. */
  standStill(ms: number): void {
    this.#nowMs += ms;
  }

  /** Lets time pass, and all that is due in it happen. `settle` runs after each timer. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    const end = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined || next.at > end) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.at);
      next.run();
      await settle();
    }
    this.#nowMs = end;
    await settle();
  }
}
