/** Crashes within `WINDOW_MS` after which starting again is left to the person. */
export const MAX_RESTARTS = 5;
export const WINDOW_MS = 60_000;
const FIRST_DELAY_MS = 250;

export type RestartDecision = { readonly kind: "restart"; readonly delayMs: number } | { readonly kind: "give-up" };

/** Counts crashes; the wait doubles with each one of the last minute, and the sixth within a minute ends it. */
export class RestartPolicy {
  #crashes: readonly number[] = [];

  crashed(nowMs: number): RestartDecision {
    this.#crashes = [...this.#crashes.filter((time) => nowMs - time < WINDOW_MS), nowMs];
    if (this.#crashes.length > MAX_RESTARTS) return { kind: "give-up" };
    return { kind: "restart", delayMs: FIRST_DELAY_MS * 2 ** (this.#crashes.length - 1) };
  }

  forget(): void {
    this.#crashes = [];
  }
}
