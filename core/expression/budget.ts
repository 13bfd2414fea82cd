import { MAX_STEPS } from "./limits.ts";

const CHARACTERS_PER_STEP = 16;

/** Counts the work of one evaluation, and ends it by an error when it gets too much. Lives in the evaluation's own context. */
export class Budget {
  #left = MAX_STEPS;

  /** Spends one step; false when there is none left. */
  trySpend(): boolean {
    this.#left -= 1;
    return this.#left >= 0;
  }

  spend(steps: number): void {
    this.#left -= steps;
    this.assertLeft();
  }

  /** Throws when more was spent than there was, also when an error that said so was swallowed since. */
  assertLeft(): void {
    if (this.#left < 0) throw new RangeError(`the expression takes more than ${MAX_STEPS} steps; use smaller lists`);
  }

  /** Spends what looking at the whole of `value` costs. */
  weigh(value: unknown): void {
    this.spend(1);
    if (typeof value === "string") this.spend(Math.floor(value.length / CHARACTERS_PER_STEP));
    else if (Array.isArray(value)) for (const item of value) this.weigh(item);
    else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) this.weigh(item);
  }
}
