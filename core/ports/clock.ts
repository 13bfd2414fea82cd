import type { EpochMs, Millis } from "../model/id.ts";

/**
 * The only source of time. `now` is for people: it jumps when the machine's clock is set, or has slept. `monotonicMs` never goes back nor
 * jumps: what lasts is measured by it.
 */
export interface Clock {
  now(): EpochMs;
  monotonicMs(): Millis;
  /** Calls `run` once after `delayMs`; the returned function cancels it. Does not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
}
