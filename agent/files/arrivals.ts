import { StoreError } from "./store-error.ts";

/** Content that is on its way in, by its place, so that two transfers never write one file. */
export class Arrivals {
  readonly #under = new Map<string, PromiseWithResolvers<void>>();

  /** Throws a `StoreError` when it is on its way already. */
  begin(place: string): void {
    if (this.#under.has(place)) throw new StoreError("busy", `${place} is being received already; try again later`);
    this.#under.set(place, Promise.withResolvers());
  }

  over(place: string): void {
    this.#under.get(place)?.resolve();
    this.#under.delete(place);
  }

  /** Settles when it has ended, however it went; `undefined`: it is not on its way. */
  get(place: string): Promise<void> | undefined {
    return this.#under.get(place)?.promise;
  }
}
