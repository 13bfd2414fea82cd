const TICK_MS = 1_000;

/** The time of day, moving once a second: for relative times and for clocks of what runs. */
export class WindowClock {
  #now = $state.raw(Date.now());

  get now(): number {
    return this.#now;
  }

  /** Runs until the returned function is called. */
  start(): () => void {
    const timer = setInterval(() => (this.#now = Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }
}
