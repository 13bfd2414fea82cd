import type { EpochMs, Millis } from "../model/id.ts";

/** The only source of time. `now` may jump when the machine's clock is set; `monotonicMs` never goes back. */
export interface Clock {
  now(): EpochMs;
  monotonicMs(): Millis;
  /** Calls `run` once after `delayMs`; the returned function cancels it. Does not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
}
