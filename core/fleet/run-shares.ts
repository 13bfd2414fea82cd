import type { ResolvedRequirements } from "../model/attempt.ts";
import type { RunId } from "../model/id.ts";

/** How much of the fleet each run has. The run with the least comes first; among equals who was given something longest ago. */
export interface RunShares {
  /** The sum of `shareOf` over what agents work on for it now. */
  inUse(run: RunId): number;
  /** Rises with everything that is given to any run: when this one was given something last, or joined. */
  turn(run: RunId): number;
}

/** No run has anything. */
export const NO_SHARES: RunShares = { inUse: () => 0, turn: () => 0 };

/** What an attempt counts for its run: a slot, or as many as it needs CPUs. */
export function shareOf(needs: ResolvedRequirements): number {
  return Math.max(1, needs.cpus);
}

/**
 * Whose turn it is. A run joins behind those that wait already, so that a stream of new runs cannot hold up an old one, and goes to the
 * end with everything it is given, so that one with a long queue cannot hold up a new one.
 */
export class RunTurns {
  readonly #turns = new Map<RunId, number>();
  #last = 0;

  /** Does nothing for a run that has joined. */
  join(run: RunId): void {
    if (!this.#turns.has(run)) this.given(run);
  }

  given(run: RunId): void {
    this.#turns.set(run, ++this.#last);
  }

  leave(run: RunId): void {
    this.#turns.delete(run);
  }

  turn(run: RunId): number {
    return this.#turns.get(run) ?? this.#last + 1;
  }
}
