import type { AgentSample } from "#core/model/agent.ts";
import type { AgentId } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { FleetBook } from "./fleet-book.ts";

/** Time between two samples of an agent. */
const EVERY_MS = 5_000;
/** An hour of them. */
const MAX_SAMPLES = 720;

/** How each paired agent was over the last hour. */
export class FleetSamples {
  readonly #fleet: FleetBook;
  readonly #clock: Clock;
  readonly #samples = new Map<AgentId, AgentSample[]>();
  #lastMs = -Infinity;

  constructor(fleet: FleetBook, clock: Clock) {
    this.#fleet = fleet;
    this.#clock = clock;
  }

  /** Called often; takes one when it is time. */
  note(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    const time = this.#clock.now();
    for (const id of this.#samples.keys()) if (!this.#fleet.isPaired(id)) this.#samples.delete(id);
    for (const id of this.#fleet.pairedIds()) {
      const info = this.#fleet.info(id);
      if (info === null) continue;
      const before = this.#samples.get(id) ?? [];
      before.push({ time, load: info.status === "offline" ? null : info.load, running: info.running });
      // In one go now and then, not with each.
      this.#samples.set(id, before.length < 2 * MAX_SAMPLES ? before : before.slice(-MAX_SAMPLES));
    }
  }

  /** By agent, the oldest first. */
  all(): Readonly<Record<string, readonly AgentSample[]>> {
    return Object.fromEntries([...this.#samples].map(([id, samples]) => [id, samples.slice(-MAX_SAMPLES)]));
  }
}
