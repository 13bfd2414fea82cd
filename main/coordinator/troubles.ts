import type { FleetHead } from "#core/ipc/topics.ts";
import type { Log } from "#core/ports/log.ts";
import { toError } from "./to-error.ts";

type Trouble = NonNullable<FleetHead["trouble"]>;

/** What cannot be written at present. */
export type TroublePlace = "journal" | "output";

/** What keeps this coordinator from its work until it is over: told once when it begins and once when it ends. Rule RUN-8. */
export class Troubles {
  readonly #log: Log;
  readonly #changed: () => void;
  readonly #troubles = new Map<TroublePlace, Trouble>();

  constructor(log: Log, changed: () => void) {
    this.#log = log;
    this.#changed = changed;
  }

  begin(place: TroublePlace, thrown: unknown): void {
    const error = toError(thrown);
    const { message } = error;
    if (this.#troubles.get(place)?.message === message) return;
    const code = "code" in error && typeof error.code === "string" ? error.code : "unavailable";
    this.#troubles.set(place, { code, message });
    this.#log.error(`nothing can be written to the ${place}`, { message });
    this.#changed();
  }

  end(place: TroublePlace): void {
    if (!this.#troubles.delete(place)) return;
    this.#log.info(`the ${place} can be written again`);
    this.#changed();
  }

  /** The worst, for people, with what to do; null when all is well. */
  present(): Trouble | null {
    return this.#troubles.get("journal") ?? this.#troubles.get("output") ?? null;
  }
}
