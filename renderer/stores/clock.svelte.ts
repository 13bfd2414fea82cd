const TICK_MS = 1_000;

/** The time of day, moving once a second: for relative times and for clocks of what runs. */
export class WindowClock {
  #ticks = $state.raw(0);
  #held: number | null = $state.raw(null);

  /** Exact whenever it is read, so that no clock jumps when something else than a tick draws it anew. */
  get now(): number {
    void this.#ticks;
    return this.#held ?? Date.now();
  }

  /** Stands still at a moment of the past, while what is shown is of that moment; null: goes on. */
  hold(moment: number | null): void {
    this.#held = moment;
  }

  /** Runs until the returned function is called. */
  start(): () => void {
    const timer = setInterval(() => (this.#ticks += 1), TICK_MS);
    return () => clearInterval(timer);
  }
}
