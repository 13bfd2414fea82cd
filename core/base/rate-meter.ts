/** Kinds of things counted at once; of those beyond it the oldest is forgotten. */
const MAX_KINDS = 256;

/**
 * Lets through so many of a kind in a window of time and counts the rest, so that whoever causes log lines cannot cause a flood of them.
 * Time is an argument, in milliseconds, and may not go back.
 */
export class RateMeter {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #kinds = new Map<string, { sinceMs: number; passed: number; held: number }>();

  constructor(most: number, windowMs: number) {
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** How many of the kind were held back since the last that passed; null: this one is held back as well. */
  pass(kind: string, nowMs: number): number | null {
    const counted = this.#kinds.get(kind) ?? this.#begin(kind, nowMs);
    if (nowMs - counted.sinceMs >= this.#windowMs) {
      counted.sinceMs = nowMs;
      counted.passed = 0;
    }
    if (counted.passed >= this.#most) {
      counted.held += 1;
      return null;
    }
    counted.passed += 1;
    const { held } = counted;
    counted.held = 0;
    return held;
  }

  #begin(kind: string, nowMs: number): { sinceMs: number; passed: number; held: number } {
    const counted = { sinceMs: nowMs, passed: 0, held: 0 };
    this.#kinds.set(kind, counted);
    const oldest = this.#kinds.size > MAX_KINDS ? this.#kinds.keys().next() : undefined;
    if (oldest?.done === false) this.#kinds.delete(oldest.value);
    return counted;
  }
}
