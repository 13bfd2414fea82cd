import type { RunId } from "#core/model/id.ts";
import type { Fleet } from "./fleet.ts";
import type { Follower } from "./follower.ts";
import type { Kind } from "./plan.ts";

/** What the troubles of a round may reach, and what they write down. */
export interface RoundWorld {
  readonly fleet: Fleet;
  readonly run: RunId;
  readonly follower: Follower;
  /** One line of the round's story. */
  readonly tell: (line: string) => void;
  /** Something that must never happen. */
  readonly violation: (text: string) => void;
  /** Files that the drill has damaged: what is set aside of them may stay. */
  readonly damaged: Set<string>;
  /** Kinds that could not be done here, and why. */
  readonly skipped: Map<Kind, string>;
  /** Whether the programs were asked to end, and not killed. */
  readonly endedInOrder: boolean;
}

/** Takes a trouble away again; null when there was nothing to do. */
export type Mend = (() => Promise<void>) | null;
