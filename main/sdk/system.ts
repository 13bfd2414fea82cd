import type { EpochMs, Millis } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";

/** `setTimeout` takes no more; longer waits are made of several. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's clock. Unlike the coordinator's, what waits keeps the process alive: a program may do nothing but wait for its run. */
export const waitingClock: Clock = {
  now: () => Date.now() as EpochMs,
  monotonicMs: () => performance.now() as Millis,
  after(delayMs, run) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const nowMs = Math.min(leftMs, MAX_TIMEOUT_MS);
      timer = setTimeout(() => (leftMs > nowMs ? wait(leftMs - nowMs) : run()), nowMs);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
