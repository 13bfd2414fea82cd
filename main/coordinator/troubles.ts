import type { Log } from "#core/ports/log.ts";

/** What cannot be written at present. */
export type TroublePlace = "journal" | "output";

/** What keeps this coordinator from its work until it is over: told once when it begins and once when it ends. Rule RUN-8. */
export class Troubles {
  readonly #log: Log;
  readonly #changed: () => void;
  readonly #messages = new Map<TroublePlace, string>();

  constructor(log: Log, changed: () => void) {
    this.#log = log;
    this.#changed = changed;
  }

  begin(place: TroublePlace, message: string): void {
    if (this.#messages.get(place) === message) return;
    this.#messages.set(place, message);
    this.#log.error(`nothing can be written to the ${place}`, { message });
    this.#changed();
  }

  end(place: TroublePlace): void {
    if (!this.#messages.delete(place)) return;
    this.#log.info(`the ${place} can be written again`);
    this.#changed();
  }

  /** For people, with what to do; null when all is well. */
  message(): string | null {
    return this.#messages.get("journal") ?? this.#messages.get("output") ?? null;
  }
}
