import type { Chance } from "#test/sim/chance.ts";

/** What cases of one kind are played against. Made anew for every batch, so that a case can be played again with few before it. */
export interface FuzzTarget {
  /**
   * One case. It must end in a typed refusal or an acceptance; whatever it throws is a finding. What it draws from `chance` is all that
   * it depends on.
   */
  play(chance: Chance): void | Promise<void>;
  /** An honest peer after the batch: throws when it is not served. */
  greet(): void | Promise<void>;
  dispose(): void | Promise<void>;
}

/** One way into the product for what others wrote. */
export interface FuzzKind {
  readonly name: string;
  /** Cases of this kind among those of all. */
  readonly weight: number;
  /** Cases between two looks at the honest peer. */
  readonly batch: number;
  /** For how long a case may hold up the loop, where that is not `MAX_BLOCKED_MS`. */
  readonly mayBlockMs?: number;
  open(): FuzzTarget | Promise<FuzzTarget>;
}

/** A target that has nothing to close, and whose honest peer is a check of its own. */
export function plainTarget(play: (chance: Chance) => void, greet: () => void): FuzzTarget {
  return { play, greet, dispose: () => undefined };
}
