import type { RunId } from "#core/model/id.ts";
import type { CoordinatorPorts } from "./ports.ts";
import { RunHistory } from "./run-history.ts";

/** Runs whose past is kept at hand. */
const MAX_HISTORIES = 8;
/** Node records in all of them; the one looked at least lately gives way. */
const MAX_WEIGHT = 800_000;

/** The past of the runs that somebody looks at. */
export class Histories {
  readonly #ports: Pick<CoordinatorPorts, "journal" | "nextTurn">;
  /** The one looked at last comes last. */
  readonly #runs = new Map<RunId, RunHistory>();

  constructor(ports: Pick<CoordinatorPorts, "journal" | "nextTurn">) {
    this.#ports = ports;
  }

  of(run: RunId): RunHistory {
    const known = this.#runs.get(run) ?? new RunHistory(this.#ports, run);
    this.#runs.delete(run);
    this.#makeRoom();
    this.#runs.set(run, known);
    return known;
  }

  #makeRoom(): void {
    let weight = [...this.#runs.values()].reduce((sum, history) => sum + history.weight, 0);
    for (const [run, history] of this.#runs) {
      if (weight <= MAX_WEIGHT && this.#runs.size < MAX_HISTORIES) return;
      weight -= history.weight;
      this.#runs.delete(run);
    }
  }
}
