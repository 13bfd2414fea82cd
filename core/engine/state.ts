import type { PersistentHeap } from "../base/persistent-heap.ts";
import type { PersistentMap } from "../base/persistent-map.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { AgentId, EpochMs, Millis, NodePath, RunId } from "../model/id.ts";
import type {
  ForkPoint,
  CollectionState,
  FileRef,
  NodeFailure,
  NodeState,
  PauseMode,
  RunNodeType,
} from "../model/run.ts";
import type { RunTimes } from "../model/run-times.ts";
import type { NodeDefinition, WorkflowDefinition } from "../model/workflow.ts";
import type { AttemptPlan } from "../nodes/attempt-plan.ts";
import type { Fall, Tally } from "../nodes/opening.ts";
import type { Collection } from "./command.ts";
import type { KeptBook, KeptMark } from "./kept.ts";

/**
 * A run: the fold of its events. Plain data throughout, immutable, and shared between versions, so that a decision costs what it
 * changes. `nodes` holds the run itself under `""` and every node that exists: the children of a composite exist once it has started.
 */
export interface RunState {
  readonly run: RunId;
  readonly definition: WorkflowDefinition;
  readonly folder: string | null;
  readonly out: string | null;
  /** Of a fork: what it began from, and what it may keep of it. Null in any other run. Rule SNAP-5. */
  readonly origin: ForkPoint | null;
  readonly kept: KeptBook | null;
  /** How long its tasks took in earlier runs, as was known when it was created. Rule FLEET-7. */
  readonly expected: RunTimes;
  readonly seq: number;
  readonly createdAt: EpochMs;
  /** Of the last event. */
  readonly time: EpochMs;
  readonly nodes: PersistentMap<NodeRecord>;
  readonly queue: PersistentMap<QueueEntry>;
  /** The paths of `queue`, first the one to be placed first; may hold tickets that are no longer valid. */
  readonly tickets: PersistentHeap<QueueTicket>;
  /** Attempts that an agent holds, by path. */
  readonly live: PersistentMap<LiveEntry>;
  /** How many of them are stopped in place. */
  readonly frozen: number;
  readonly timers: PersistentMap<TimerRecord>;
  /** Nodes from which something follows once they are no longer held, with the number of the event that said so. */
  readonly deferred: PersistentMap<number>;
  /** The last attempt of nodes that started over with their parent, so that attempts keep rising. */
  readonly attempts: PersistentMap<number>;
  /** The last fence given. */
  readonly fence: number;
  /** Task nodes by state. */
  readonly counts: Readonly<Record<NodeState, number>>;
  /** How long the whole run was paused, without the present pause. */
  readonly pausedMs: number;
  /** What `collect` came to, once the run is completed. */
  readonly collected: readonly Collection[];
  /** How far bringing it home is; null when there is nothing to bring. */
  readonly collection: CollectionState | null;
}

/** What a failed node goes on to. */
export type AfterFailure = "retry" | "skip" | "alternative" | "compensate" | "none";

/** Why a node was skipped: only a condition makes those skipped that depend on nothing else. Rule NODE-3. */
export type SkipCause = "condition" | "fault" | "person" | "standby";

/** How a child counts for its parent. */
export type Settlement = "completed" | "failed" | "skipped" | "cancelled";

export interface NodeRecord {
  readonly path: NodePath;
  /** Null only of the run itself. */
  readonly parent: NodePath | null;
  /** Among the children of its parent, in document order from 0; iterations from 0 as well. */
  readonly position: number;
  readonly level: number;
  readonly type: RunNodeType | "workflow";
  /** Of a group, that of the composite it belongs to; null only of the run itself. */
  readonly definition: NodeDefinition | null;
  /** False of a standby and of a branch not taken: its end means nothing to its parent. */
  readonly counts: boolean;
  /** Of a forEach group. */
  readonly item: Json;
  readonly state: NodeState;
  readonly reason: string | null;
  /** Dependencies that have not ended in a way that lets it start. */
  readonly unmet: number;
  /** It was started, holds a place under `maxConcurrency`, and has not settled. */
  readonly active: boolean;
  readonly settlement: Settlement | null;
  /** Of a failed node, until it is done. */
  readonly after: AfterFailure;
  /** Of a failed node that is tried again: the wait before, where it is not the policy's. */
  readonly delayMs: number | null;
  readonly skipCause: SkipCause | null;
  /** Ended because something around it ended, not because somebody asked for it. */
  readonly fell: boolean;
  readonly attempt: number;
  /** Attempts since it last started over. */
  readonly tries: number;
  /** How often `compensateAndRetry` was used since it last started over. */
  readonly undone: number;
  readonly losses: number;
  readonly agent: AgentId | null;
  readonly progress: number | null;
  readonly result: Json;
  readonly files: readonly FileRef[];
  readonly error: NodeFailure | null;
  readonly readyAt: EpochMs | null;
  readonly startedAt: EpochMs | null;
  /** `pausedMs` of the run at that moment. */
  readonly pausedAtStart: number;
  readonly endedAt: EpochMs | null;
  /** When its present attempt began; only while a composite or an approval is running. */
  readonly runningSince: EpochMs | null;
  /** `pausedMs` of the run when `runningSince` was. */
  readonly pausedBefore: number;
  readonly executionMs: number;
  /** The number of the event that completed it: compensations go backwards along it. */
  readonly endedSeq: number;
  readonly hold: Hold | null;
  /** Of a task: its `compensate` has undone it. Rule FAULT-4. */
  readonly isUndone: boolean;
  /** What is being undone for the sake of this node; null when nothing is. */
  readonly undoing: UndoingRecord | null;
  readonly body: Body | null;
  /** In a fork, the path in the original of what this node was there, if it was there; null of a new item, and in any other run. */
  readonly was: NodePath | null;
  /** Of a node in a fork whose end is that of a node in the original. */
  readonly kept: KeptMark | null;
  /** Of a settled node in a fork: it was done anew, or ended otherwise than in the original. */
  readonly fresh: boolean;
  /** Of a composite in a fork: something before it is fresh, so nothing in it can be kept. */
  readonly stale: boolean;
}

/** Tasks that are undone one after the other because a node failed. Rule FAULT-4. */
export interface UndoingRecord {
  readonly paths: readonly NodePath[];
  /** How many are done. */
  readonly next: number;
  /** Why the node failed. */
  readonly failure: NodeFailure;
  /** Why undoing failed. */
  readonly trouble: NodeFailure | null;
}

/** A pause of this node and all in it. */
export interface Hold {
  readonly mode: PauseMode;
  readonly since: EpochMs;
  /** The same by the clock of the run, which stands still while the whole run is paused. */
  readonly sinceOfRun: number;
}

/** What a composite that has started has. */
export interface Body {
  readonly shape: "nodes" | "items" | "iterations" | "workflow";
  readonly branch: "then" | "else" | null;
  /** Of its children, or of every group. */
  readonly nodes: readonly NodeDefinition[];
  /** Position of the first of `nodes` among the children. */
  readonly offset: number;
  readonly items: readonly Json[];
  /** Children there are: nodes, groups, iterations so far. */
  readonly count: number;
  readonly times: number | null;
  readonly tally: Tally;
  /** The first child that did not end well. */
  readonly fall: Fall | null;
  readonly active: number;
  /** One of its children was fresh. */
  readonly fresh: boolean;
  /** Positions whose dependencies are met; may hold some that have started meanwhile. */
  readonly ready: PersistentHeap<number>;
  /** Of a workflow: what its expressions see. */
  readonly values: WorkflowValues | null;
}

export interface WorkflowValues {
  readonly name: string;
  readonly inputs: JsonObject;
  readonly variables: JsonObject;
  readonly outputs: JsonObject | null;
}

/** What an attempt is for: its node, or undoing it. Rule FAULT-4. */
export type AttemptPurpose = "task" | "compensation";

export interface QueueEntry {
  readonly plan: AttemptPlan;
  readonly purpose: AttemptPurpose;
  readonly since: EpochMs;
  readonly avoid: readonly AgentId[];
  readonly ticket: QueueTicket;
}

export interface QueueTicket {
  readonly path: NodePath;
  readonly remainingPath: number;
  /** Number of the event that queued it. */
  readonly seq: number;
}

export interface LiveEntry {
  readonly fence: number;
  readonly agent: AgentId;
  readonly plan: AttemptPlan;
  readonly purpose: AttemptPurpose;
  readonly suspended: boolean;
  /** Agents that lost the attempt before. */
  readonly avoid: readonly AgentId[];
}

/** `backoff`: until the next attempt. `timeout`: of one attempt of a composite. `total`: of all attempts. Rules FAULT-1, FAULT-2. */
export type TimerKind = "backoff" | "timeout" | "total";

export interface TimerRecord {
  readonly path: NodePath;
  readonly kind: TimerKind;
  /** While it runs: when. While it is held: what is left. */
  readonly due: { readonly kind: "at"; readonly at: EpochMs } | { readonly kind: "left"; readonly ms: Millis };
}

/** States nothing leaves but by a retry. Rule NODE-1. */
export function isFinal(state: NodeState): boolean {
  return state === "completed" || state === "failed" || state === "skipped" || state === "cancelled";
}
