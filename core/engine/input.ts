import type { Json, JsonObject } from "../base/json.ts";
import type { AgentId, NodePath } from "../model/id.ts";
import type { AttemptOutcome, FileRef, NodeFailure, PauseMode, TaskReport } from "../model/run.ts";
import type { FaultDecision } from "./fault-decision.ts";

/**
 * Everything that can happen to a run. What agents say names the fence of the attempt it is about; what people do names who (`by`).
 * An input that does not fit the state changes nothing and is answered with a `refuse` command. `path` is `""` for the whole run
 * where a rule allows that: `pause`, `resume` and `cancel`.
 */
export type RunInput =
  | { readonly kind: "start"; readonly by: string }
  /** The scheduler gives a queued attempt to an agent; answered with `dispatch`, which names the new fence. */
  | { readonly kind: "assigned"; readonly path: NodePath; readonly agent: AgentId }
  | { readonly kind: "attempt-started"; readonly path: NodePath; readonly fence: number }
  | {
      readonly kind: "attempt-ended";
      readonly path: NodePath;
      readonly fence: number;
      readonly outcome: AttemptOutcome;
      /** Variables that the task wrote itself, before its `set` does. Of a success only. */
      readonly set?: JsonObject;
      /** What comes after a failure, in place of the fault policy. */
      readonly decision?: FaultDecision;
    }
  /** The agent is gone for longer than the grace, or never knew the attempt. Rule FAULT-5. */
  | { readonly kind: "attempt-lost"; readonly path: NodePath; readonly fence: number; readonly reason: string }
  | { readonly kind: "attempt-suspended"; readonly path: NodePath; readonly fence: number }
  | { readonly kind: "attempt-resumed"; readonly path: NodePath; readonly fence: number }
  /** What of the workflow's folder its agent was given for it. */
  | { readonly kind: "provided"; readonly path: NodePath; readonly fence: number; readonly files: readonly FileRef[] }
  | { readonly kind: "reported"; readonly path: NodePath; readonly fence: number; readonly report: TaskReport }
  | { readonly kind: "timer"; readonly timer: string }
  | { readonly kind: "pause"; readonly mode: PauseMode; readonly path: NodePath; readonly by: string }
  | { readonly kind: "resume"; readonly path: NodePath; readonly by: string }
  | { readonly kind: "cancel"; readonly path: NodePath; readonly by: string }
  | { readonly kind: "retry"; readonly path: NodePath; readonly by: string }
  | { readonly kind: "skip"; readonly path: NodePath; readonly by: string }
  | { readonly kind: "complete"; readonly path: NodePath; readonly result: Json; readonly by: string }
  | { readonly kind: "approve"; readonly path: NodePath; readonly approved: boolean; readonly by: string }
  /** What `collect` asked for was brought home, or why it could not be. Rule FLEET-9. */
  | { readonly kind: "collected"; readonly failure: NodeFailure | null }
  /** The wall clock is so much further than time has passed: somebody set it, or the machine slept. */
  | { readonly kind: "clock-stepped"; readonly ms: number }
  /** An exception in something of the user's, or in ours around this run. Rule FAULT-7. */
  | { readonly kind: "error"; readonly message: string };
