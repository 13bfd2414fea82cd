import type { CancelSignal } from "#core/base/cancel.ts";
import type { Json } from "#core/base/json.ts";
import type { NodePath, RunId } from "#core/model/id.ts";
import type { MetricValue, NodeState, NodeTiming } from "#core/model/run.ts";
import type { ScriptLog, ScriptMetrics } from "#core/model/script-context.ts";
import type { NodeView, Scope } from "./scope.ts";

/**
 * What a function that is a task knows about itself and its workflow, and can say while it runs; the latter as in the script of an agent.
 * Rule NODE-10.
 */
export interface WorkflowContext<S extends Scope = Scope, Results = unknown> {
  readonly run: RunId;
  readonly workflow: string;
  readonly path: NodePath;
  readonly level: number;
  /** Counts from 1. */
  readonly attempt: number;
  readonly state: NodeState;
  readonly timing: NodeTiming;
  readonly inputs: S["inputs"];
  readonly variables: WorkflowVariables<S["variables"]>;
  /** Results of the nodes this one depends on, by id. */
  readonly results: Results;
  /** Any sibling, or sibling of what is around; undefined where there is none. */
  node(id: string): NodeView | undefined;
  /** What `args` of the task came to. */
  readonly args: Json;
  /** Of a `forEach`; undefined elsewhere. */
  readonly item: Json | undefined;
  readonly index: number | undefined;
  /** Of a loop; counts from 1. */
  readonly iteration: number | undefined;
  /** The result of the node before in a pipeline, or of the iteration before. */
  readonly previous: Json | undefined;
  /** What this attempt has reported so far, by name: the last value of each. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  readonly metric: WorkflowMetrics;
  readonly log: WorkflowLogger;
  /** Aborts when the attempt is cancelled or has taken too long. */
  readonly signal: CancelSignal;
  /** From 0 to 1. */
  progress(share: number): void;
  /** A `Custom` event of the run. */
  event(name: string, data?: Json): void;
}

/** Context variables. What is set becomes visible to others when the task completes, in the order of the event log. Rule FILE-9. */
export interface WorkflowVariables<Values> {
  get<Name extends keyof Values & string>(name: Name): Values[Name];
  set<Name extends keyof Values & string>(name: Name, value: Values[Name]): void;
}

/** Rule MET-1. Each call is an event of the run. */
export type WorkflowMetrics = ScriptMetrics;

/** Lines of the run's own log, each an event of the run: debug, info, warning, error. */
export type WorkflowLogger = ScriptLog;
