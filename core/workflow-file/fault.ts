import type { Millis } from "../model/id.ts";
import type { BackoffStrategy, FaultPolicy, FaultThen } from "../model/workflow.ts";
import { addProblem, below, type Spot } from "./place.ts";
import type { RawBackoff, RawFault } from "./schema.ts";
import { parseDuration } from "./units.ts";

const DEFAULT_LOSS_LIMIT = 5;
const DEFAULT_FACTOR = 2;
const DEFAULT_INITIAL_MS = 1_000 as Millis;
const DEFAULT_MAX_MS = 60_000 as Millis;
const DEFAULT_BACKOFF: BackoffStrategy = {
  type: "exponential",
  initialMs: DEFAULT_INITIAL_MS,
  factor: DEFAULT_FACTOR,
  maxMs: DEFAULT_MAX_MS,
};

/** The policy of a node that says nothing of it. */
export const USUAL_FAULT: FaultPolicy = {
  retry: 0,
  backoff: DEFAULT_BACKOFF,
  timeoutMs: null,
  totalTimeoutMs: null,
  then: { kind: "abort" },
  lossLimit: DEFAULT_LOSS_LIMIT,
};

/** A fault policy with its defaults: no retry, backoff of 1s doubling to 1m, no limits, `abort`. Rules FAULT-1 to FAULT-5. */
export function toFault(raw: RawFault | undefined, spot: Spot): FaultPolicy {
  return {
    retry: raw?.retry ?? 0,
    backoff: raw?.backoff === undefined ? DEFAULT_BACKOFF : toBackoff(raw.backoff, below(spot, "backoff")),
    timeoutMs: raw?.timeout === undefined ? null : toDuration(raw.timeout, below(spot, "timeout")),
    totalTimeoutMs: raw?.totalTimeout === undefined ? null : toDuration(raw.totalTimeout, below(spot, "totalTimeout")),
    then: toThen(raw?.then),
    lossLimit: raw?.lossLimit ?? DEFAULT_LOSS_LIMIT,
  };
}

/** A duration whose form the schema has checked; too long a one is a problem. */
export function toDuration(text: string, spot: Spot): Millis {
  const duration = parseDuration(text);
  if (duration === null) addProblem(spot, "duration", `expected a duration of at most a year, found "${text}"`);
  return duration ?? DEFAULT_INITIAL_MS;
}

function toBackoff(raw: RawBackoff, spot: Spot): BackoffStrategy {
  switch (raw.type) {
    case "fixed":
      return { type: "fixed", delayMs: toDuration(raw.delay, below(spot, "delay")) };
    case "exponential": {
      const initialMs = toDuration(raw.initial, below(spot, "initial"));
      const maxMs =
        raw.max === undefined
          ? (Math.max(initialMs, DEFAULT_MAX_MS) as Millis)
          : toDuration(raw.max, below(spot, "max"));
      if (maxMs < initialMs)
        addProblem(
          below(spot, "max"),
          "value",
          `expected a max of at least the initial ${raw.initial}, found ${raw.max}`,
        );
      return { type: "exponential", initialMs, factor: raw.factor ?? DEFAULT_FACTOR, maxMs };
    }
    case "random": {
      const minMs = toDuration(raw.min, below(spot, "min"));
      const maxMs = toDuration(raw.max, below(spot, "max"));
      if (maxMs < minMs)
        addProblem(below(spot, "max"), "value", `expected a max of at least the min ${raw.min}, found ${raw.max}`);
      return { type: "random", minMs, maxMs };
    }
  }
}

function toThen(raw: RawFault["then"]): FaultThen {
  if (raw === undefined || raw === "abort") return { kind: "abort" };
  if (raw === "skip") return { kind: "skip" };
  if ("runAlternative" in raw) return { kind: "runAlternative", id: raw.runAlternative };
  return { kind: "compensateAndRetry", times: raw.compensateAndRetry };
}
