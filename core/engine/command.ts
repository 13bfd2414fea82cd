import type { AttemptKey, AttemptSpec } from "../model/attempt.ts";
import type { AgentId, EpochMs } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";
import type { RunInput } from "./input.ts";

/** An attempt and where it is. */
export interface PlacedAttempt {
  readonly key: AttemptKey;
  readonly agent: AgentId;
}

/** What is brought home at the end of a run: see `CollectEntry.to`. */
export interface Collection {
  readonly to: string;
  readonly files: readonly FileRef[];
}

/** Why an input changed nothing; stable. */
export type RefusalCode =
  /** The fence is not that of the node's present attempt: the work is unwanted. Rule FLEET-5. */
  | "stale"
  | "unknown-path"
  /** The node or the run is in a state in which this makes no sense. */
  | "wrong-state"
  /** The run, the node or something around it is paused. */
  | "held"
  | "unknown-timer"
  | "invalid";

/** What the coordinator is to do, after the events of the same decision are durable, in this order. */
export type Command =
  /** Send the attempt to the agent. `globs` are entries of the workflow's folder that come beside `spec.filesIn`. */
  | {
      readonly kind: "dispatch";
      readonly spec: AttemptSpec;
      readonly agent: AgentId;
      readonly globs: readonly string[];
    }
  | { readonly kind: "stop"; readonly key: AttemptKey; readonly agent: AgentId; readonly reason: string }
  | { readonly kind: "freeze"; readonly attempts: readonly PlacedAttempt[] }
  | { readonly kind: "thaw"; readonly attempts: readonly PlacedAttempt[] }
  /** Give the input `timer` at that time; replaces an earlier one of the same name. */
  | { readonly kind: "timer"; readonly timer: string; readonly at: EpochMs }
  | { readonly kind: "cancel-timer"; readonly timer: string }
  | { readonly kind: "collect"; readonly entries: readonly Collection[] }
  | { readonly kind: "snapshot"; readonly reason: "pause" | "final" }
  | { readonly kind: "refuse"; readonly input: RunInput["kind"]; readonly code: RefusalCode; readonly message: string };
