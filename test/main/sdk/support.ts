import { setImmediate as nextTurn } from "node:timers/promises";
import type { EngineOptions } from "#main/sdk/index.ts";
import { VirtualClock } from "#test/support/virtual-clock.ts";

/** What makes an engine's time virtual: `until` lets it pass, timer by timer, and gives what the promise came to. */
export class VirtualTime {
  readonly clock = new VirtualClock();
  readonly options: EngineOptions = { clock: this.clock, random: { chance: () => 0.5 } };

  /** Everything that is due at once. */
  settle = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS_TO_SETTLE; turn += 1) await nextTurn();
  };

  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advance(ms, this.settle);
  }
}

const TURNS_TO_SETTLE = 3;
