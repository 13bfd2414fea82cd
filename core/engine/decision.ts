import type { RunEvent } from "../model/event.ts";
import type { EpochMs } from "../model/id.ts";
import type { Command } from "./command.ts";
import type { RunState } from "./state.ts";

/** The time and the chance a decision may use: `chance` is in [0, 1) and comes from the random port. */
export interface Moment {
  readonly now: EpochMs;
  readonly chance: number;
}

/** What an input came to. `next` is the fold of `events` over the state before; an input that does not fit has no events. */
export interface Decision {
  readonly next: RunState;
  readonly events: readonly RunEvent[];
  /** To be carried out in this order once the events are durable. */
  readonly commands: readonly Command[];
  /** Whether `queuedAttempts(next)` may differ from before. */
  readonly queueChanged: boolean;
}
