import type { EpochMs, Millis } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";

/** `setTimeout` takes no more; longer waits are made of several. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** A machine's clock. What waits keeps the process alive where nothing else does and it is to. */
export function makeClock({ keepsAlive }: { readonly keepsAlive: boolean }): Clock {
  return {
    now: () => Date.now() as EpochMs,
    monotonicMs: () => performance.now() as Millis,
    after(delayMs, run) {
      let timer: NodeJS.Timeout;
      const wait = (leftMs: number): void => {
        const nowMs = Math.min(leftMs, MAX_TIMEOUT_MS);
        timer = setTimeout(() => (leftMs > nowMs ? wait(leftMs - nowMs) : run()), nowMs);
        if (!keepsAlive) timer.unref();
      };
      wait(delayMs);
      return () => clearTimeout(timer);
    },
  };
}

/** Of a program that its sockets keep alive. */
export const systemClock = makeClock({ keepsAlive: false });
