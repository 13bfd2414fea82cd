import type { Clock } from "#core/ports/clock.ts";

/** Exchanges one address may begin in `WINDOW_MS`: a person's typing errors fit in, a program's guessing does not. */
export const STARTS_PER_WINDOW = 20;
export const WINDOW_MS = 60_000;
/** Addresses remembered; beyond that the oldest is forgotten, which can only be in its favour. */
const MAX_ADDRESSES = 256;

/** Counts who knocks how often, by address. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #starts = new Map<string, { since: number; count: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the address may begin one more exchange; counts it if so. */
  admit(address: string): boolean {
    const now = this.#clock.monotonicMs();
    const known = this.#starts.get(address);
    const entry = known === undefined || now - known.since >= WINDOW_MS ? { since: now, count: 0 } : known;
    if (entry.count >= STARTS_PER_WINDOW) return false;
    entry.count += 1;
    this.#starts.delete(address);
    this.#starts.set(address, entry);
    const oldest = this.#starts.size > MAX_ADDRESSES ? this.#starts.keys().next() : undefined;
    if (oldest?.done === false) this.#starts.delete(oldest.value);
    return true;
  }
}
