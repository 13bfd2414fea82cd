import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import type { Authority } from "./authority.ts";

/** What pairing needs from outside. */
export interface PairerPorts {
  readonly authority: Authority;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
}
