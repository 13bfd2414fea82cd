import type { Json, JsonObject } from "../base/json.ts";
import type { AgentId, EpochMs, Millis, NodePath, RunId, Sha256 } from "./id.ts";
import type { SnapshotId } from "./snapshot.ts";
import type { NodeType } from "./workflow.ts";

/** Rule NODE-1. */
export type NodeState = "idle" | "running" | "suspended" | "completed" | "failed" | "skipped" | "cancelled";
export const NODE_STATES: readonly NodeState[] = [
  "idle",
  "running",
  "suspended",
  "completed",
  "failed",
  "skipped",
  "cancelled",
];

/** Rule RUN-1. */
export type WorkflowState = "idle" | "running" | "paused" | "completed" | "failed" | "cancelled";

/** Why an idle node has not started. Rule NODE-2. */
export type IdlePhase = "blocked" | "queued" | "backoff" | "held";

export type PauseMode = "freeze" | "drain";

/** The kinds of node a run can hold: the six of the file, and `group`: one item of a `forEach` or one iteration of a loop. */
export type RunNodeType = NodeType | "group";

/** A file that a task made, or that a run took in. Rule FLEET-9. */
export interface FileRef {
  /** Relative to the working directory it was found in, `/` between folders. */
  readonly name: string;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** Why an attempt did not complete; `code` is stable, `message` is for people. */
export interface NodeFailure {
  readonly code: string;
  readonly message: string;
}

/** What one attempt came to. Rule NODE-11. */
export type AttemptOutcome =
  | {
      readonly kind: "success";
      readonly result: Json;
      readonly files: readonly FileRef[];
      readonly executionMs: Millis;
    }
  | { readonly kind: "failure"; readonly failure: NodeFailure; readonly executionMs: Millis }
  | { readonly kind: "cancelled"; readonly executionMs: Millis };

/** Rule MET-1. Frozen time counts in `total` only. Whole milliseconds. */
export interface NodeTiming {
  readonly wait: Millis;
  readonly execution: Millis;
  readonly total: Millis;
}

/** Rule MET-1. */
export type MetricValue =
  | { readonly kind: "counter"; readonly value: number }
  | { readonly kind: "gauge"; readonly value: number }
  | { readonly kind: "histogram"; readonly values: readonly number[] }
  | { readonly kind: "timer"; readonly durationMs: Millis }
  | { readonly kind: "text"; readonly text: string };

/** What a running task may say about itself. Rule NODE-10. */
export type TaskReport =
  | { readonly kind: "progress"; readonly progress: number }
  | { readonly kind: "metric"; readonly name: string; readonly value: MetricValue }
  | { readonly kind: "custom"; readonly name: string; readonly data: Json }
  | { readonly kind: "log"; readonly level: LogLevel; readonly message: string };

export type LogLevel = "debug" | "info" | "warning" | "error";

/** One node of a run as `show` prints it and the window draws it. Order and fields: docs/spec, section "The command line". */
export interface NodeLine {
  readonly path: NodePath;
  readonly type: RunNodeType;
  readonly label: string;
  readonly level: number;
  readonly state: NodeState;
  /** Only of an idle node. */
  readonly phase: IdlePhase | null;
  readonly reason: string | null;
  /** Counts from 1; 0 before the first. */
  readonly attempt: number;
  readonly agent: AgentId | null;
  /** 0..1, or null when the node says nothing of it. A composite's is the share of its finished children. */
  readonly progress: number | null;
  readonly result: Json;
  readonly files: readonly FileRef[];
  readonly error: NodeFailure | null;
  /** When it became running first, or null. */
  readonly startedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  /** How long the run had been paused in all when the node became running first; 0 before that. */
  readonly pausedBefore: Millis;
  readonly timing: NodeTiming;
  /** Siblings it waits for, as paths. */
  readonly dependsOn: readonly NodePath[];
  /** `task` only: the kind of its action (`run`, `argv`, `approve` …). */
  readonly action: string | null;
  /** Only in a fork: the path in the original of the node whose end this one has taken over. */
  readonly keptFrom?: NodePath | undefined;
}

/** How far bringing files home is. `failure` only when `failed`. */
export interface CollectionState {
  readonly state: "pending" | "done" | "failed";
  readonly failure: NodeFailure | null;
}

/** Where a fork began: in which run, after which of its events. Rule SNAP-5. */
export interface ForkPoint {
  readonly run: RunId;
  readonly seq: number;
  /** That was asked for; null when it was an event. */
  readonly snapshot: SnapshotId | null;
}

/** A run without its nodes: what lists show. */
export interface RunHead {
  readonly run: RunId;
  readonly workflow: string;
  readonly state: WorkflowState;
  readonly pauseMode: PauseMode | null;
  readonly reason: string | null;
  /** The number of its last event. */
  readonly seq: number;
  readonly createdAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  /** How long the run was paused in all, without the present pause. */
  readonly pausedMs: Millis;
  /** When the present pause began; null when the run is not paused. */
  readonly pausedSince: EpochMs | null;
  readonly variables: JsonObject;
  readonly inputs: JsonObject;
  readonly outputs: JsonObject | null;
  readonly error: NodeFailure | null;
  /** The folder on the coordinator's machine that `collect` brings files to, or null. */
  readonly outFolder: string | null;
  /** Of `collect`, once the run is completed; null when there is nothing to bring home. */
  readonly collection: CollectionState | null;
  /** Processes now stopped in place, and processes still running although the run is paused. Rule RUN-3. */
  readonly frozen: number;
  readonly inFlight: number;
  /** Task nodes by state. */
  readonly counts: Readonly<Record<NodeState, number>>;
  /** Only of a fork: the run it began from, and the last event of it that counts. */
  readonly forkedFrom?: ForkPoint | undefined;
}

/** The whole of a run, nodes in document order, items and iterations in theirs. */
export interface RunLine extends RunHead {
  readonly kind: "run";
  /** What agents that it names were called last, by id, where they are not in the fleet any more. Only of `run.show`. */
  readonly goneAgents?: Readonly<Record<string, string>> | undefined;
  readonly nodes: readonly NodeLine[];
}
