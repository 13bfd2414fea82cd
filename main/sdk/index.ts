// The public face of the library: `import { … } from "lanweave"`.

export { conditional, loop, parallel, pipeline, subworkflow, task, type TaskBuilder } from "./build.ts";
export type { WorkflowContext, WorkflowLogger, WorkflowMetrics, WorkflowVariables } from "./context.ts";
export { Coordinator, type CoordinatorOptions } from "./coordinator.ts";
export { workflow, type Builders } from "./define.ts";
export { WorkflowEngine, type Arguments, type EngineOptions, type WorkflowResult } from "./engine.ts";
export { AgentTaskError, FunctionTaskError, MustWaitError, RefusedError, WorkflowError } from "./errors.ts";
export {
  DefaultFaultHandler,
  defaultFaultHandler,
  FaultAction,
  type FaultHandler,
  type RunView,
} from "./fault-handler.ts";
export { MetricsCollector } from "./metrics-collector.ts";
export type { BuiltNode, Dependencies, Dependency } from "./node.ts";
export { failure, pending, success, type NodeResult } from "./node-result.ts";
export type { WorkflowObserver } from "./observer.ts";
export {
  JoinPolicy,
  type Action,
  type BackoffStrategy,
  type Duration,
  type FaultOptions,
  type Needs,
} from "./options.ts";
export type { RunHandle } from "./run-handle.ts";
export type { AnyScope, InputDeclaration, NodeView, Scope } from "./scope.ts";
export { FileSnapshots as FilePersistenceProvider } from "../persistence/file-snapshots.ts";
export { MemorySnapshots as InMemoryPersistenceProvider } from "../persistence/memory-snapshots.ts";
export { SqliteSnapshots as SqlitePersistenceProvider } from "../persistence/sqlite-snapshots.ts";
export type { PersistenceProvider } from "#core/ports/persistence.ts";
export type { SnapshotHead, SnapshotId, SnapshotReason, WorkflowSnapshot } from "#core/model/snapshot.ts";
export type { ScriptContext } from "./script-context.ts";
export { WorkflowVisualizer, type Drawable, type VisualizationFormat } from "./visualizer.ts";
export { loadWorkflow, Workflow } from "./workflow.ts";
export type { WorkflowTopology } from "./topology.ts";
export type { WorkflowTypes } from "./workflow-type.ts";
export type { Json, JsonObject } from "#core/base/json.ts";
export type { QueueEntry } from "#core/fleet/queue-entry.ts";
export type { FleetView, Placement, Schedule, WorkflowScheduler } from "#core/fleet/schedule.ts";
export { defaultScheduler } from "#core/fleet/schedule.ts";
export type { NodeInfo, NodeStatus } from "#core/model/agent.ts";
export type { RunEvent, RunEvent as WorkflowEvent, WorkflowEventType } from "#core/model/event.ts";
export type { NodePath, RunId } from "#core/model/id.ts";
export type {
  LogLevel,
  MetricValue,
  NodeFailure,
  NodeLine,
  NodeState,
  NodeTiming,
  PauseMode,
  RunHead,
  RunLine,
  WorkflowState,
} from "#core/model/run.ts";
export type { MetricSummary } from "#core/monitoring/metrics.ts";
export type { WorkflowProblem } from "#core/model/problem.ts";
export type { NodeType, WorkflowDefinition } from "#core/model/workflow.ts";
