import type { Clock } from "#core/ports/clock.ts";

/** Exchanges one address may begin in a minute: a person's typing errors fit in, a program's guessing does not. */
export const STARTS = { max: 20, windowMs: 60_000 } as const;
/** Wrong codes of one address, after which it is not heard for the rest of the time: it could use up every code that is shown. */
export const WRONG_CODES = { max: 10, windowMs: 10 * 60_000 } as const;
/** Visits that are remembered when the gate is full: whoever came least often comes first. */
export const VISITS = { max: Infinity, windowMs: 60_000 } as const;
/** Addresses remembered; beyond that the oldest is forgotten, which can only be in its favour. */
const MAX_ADDRESSES = 1_024;

/** Counts by address who does something how often. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #limit: { readonly max: number; readonly windowMs: number };
  readonly #counts = new Map<string, { readonly since: number; count: number }>();

  constructor(clock: Clock, limit: { readonly max: number; readonly windowMs: number }) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Whether the address has done it as often as it may. */
  isReached(address: string): boolean {
    return this.timesOf(address) >= this.#limit.max;
  }

  /** How often it has done it lately. */
  timesOf(address: string): number {
    const known = this.#counts.get(address);
    if (known === undefined || this.#clock.monotonicMs() - known.since >= this.#limit.windowMs) return 0;
    return known.count;
  }

  /** The address has done it once more. */
  count(address: string): void {
    const now = this.#clock.monotonicMs();
    const known = this.#counts.get(address);
    const entry = known === undefined || now - known.since >= this.#limit.windowMs ? { since: now, count: 0 } : known;
    entry.count += 1;
    this.#counts.delete(address);
    this.#counts.set(address, entry);
    const oldest = this.#counts.size > MAX_ADDRESSES ? this.#counts.keys().next() : undefined;
    if (oldest?.done === false) this.#counts.delete(oldest.value);
  }
}
