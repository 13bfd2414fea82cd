import type { JsonObject } from "../base/json.ts";
import type { EpochMs, NodePath, RunId } from "./id.ts";

/** Rule RUN-2. */
export type WorkflowEventType =
  "NodeStateChange" | "WorkflowStateChange" | "MetricUpdate" | "Heartbeat" | "Error" | "Custom";

/**
 * One line of a run's journal. `seq` counts 1, 2, 3 … without gaps per run. `data` holds all that the fold needs, so the state at
 * event k is a pure function of events 1..k. `from` and `to` are states, null where the event is not a change of state. Rule RUN-2.
 */
export interface RunEvent {
  readonly run: RunId;
  readonly seq: number;
  readonly time: EpochMs;
  readonly type: WorkflowEventType;
  readonly path: NodePath;
  readonly level: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string | null;
  readonly message: string;
  readonly data: JsonObject;
}
