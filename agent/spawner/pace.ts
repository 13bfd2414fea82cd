/** How fast something may come: so many at once, and after that so many a second. */
export class Pace {
  readonly #burst: number;
  readonly #perMs: number;
  #credit: number;
  #atMs = performance.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1_000;
    this.#credit = burst;
  }

  /** So many have come; returns how long the next ones should wait. */
  take(count: number): number {
    const now = performance.now();
    this.#credit = Math.min(this.#burst, this.#credit + (now - this.#atMs) * this.#perMs) - count;
    this.#atMs = now;
    return this.#credit >= 0 ? 0 : -this.#credit / this.#perMs;
  }
}
