import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import type { CodeSource } from "./gate-codes.ts";
import type { Identity } from "./identity.ts";
import type { Pairings } from "./pairings.ts";

/** What a gate is made of. */
export interface PairingGateInput {
  readonly identity: Identity;
  readonly pairings: Pairings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The agent's display name, told to the app that paired. */
  readonly name: string;
  /** The link's port, asked when a pairing is done. */
  readonly linkPort: () => number;
  readonly codes: CodeSource;
}
