import { hashText } from "../base/persistent-map.ts";
import type { Millis, NodePath } from "../model/id.ts";
import type { BackoffStrategy } from "../model/workflow.ts";

/**
 * Wait before the next attempt, in whole milliseconds. `failed` counts the attempts that have failed, from 1; `chance` is in [0, 1).
 * Nodes that fail in the same moment wait differently under `random`, since the path takes part. Rule FAULT-2.
 */
export function retryDelayMs(backoff: BackoffStrategy, failed: number, path: NodePath, chance: number): Millis {
  switch (backoff.type) {
    case "fixed":
      return backoff.delayMs;
    case "exponential":
      return Math.round(Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (failed - 1))) as Millis;
    case "random": {
      const share = (chance + hashText(path) / 2 ** 32) % 1;
      return Math.floor(backoff.minMs + share * (backoff.maxMs - backoff.minMs + 1)) as Millis;
    }
  }
}
