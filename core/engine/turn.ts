import type { PersistentHeap } from "../base/persistent-heap.ts";
import { mapGet } from "../base/persistent-map.ts";
import type { RunEvent, WorkflowEventType } from "../model/event.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";
import type { NodeState, WorkflowState } from "../model/run.ts";
import type { Command, RefusalCode } from "./command.ts";
import type { Moment } from "./decision.ts";
import { fromEventData, type EventData } from "./event-data.ts";
import { evolve } from "./evolve.ts";
import { findNode, rootOf } from "./records.ts";
import { isFinal, type RunState } from "./state.ts";

/** One decision while it is made. `state` is always the fold of what was emitted; `work` lists nodes from which something may follow. */
export interface Turn {
  readonly moment: Moment;
  state: RunState;
  readonly events: RunEvent[];
  readonly commands: Command[];
  readonly work: NodePath[];
  /** Nodes whose kept end is still to come, by the order in which they ended in the original. */
  keeping: PersistentHeap<Keeping>;
}

export interface Keeping {
  readonly order: number;
  readonly path: NodePath;
}

/** Why an input changes nothing, or null when it was taken. */
export type Refusal = { readonly code: RefusalCode; readonly message: string } | null;

/** Records an event and folds it. `reason` is for people. */
export function emit(turn: Turn, path: NodePath, data: EventData, reason: string): void {
  const before = findNode(turn.state, path);
  const to = stateAfter(data.kind);
  const isRun = path === RUN_PATH;
  const from = before?.state ?? "idle";
  const isChange = isRun ? isRunChange(data.kind) : to !== null && from !== to && !isOfUndoing(turn.state, path, data);
  const event: RunEvent = {
    run: turn.state.run,
    seq: turn.state.seq + 1,
    time: turn.moment.now,
    type: toType(data, isRun, isChange),
    path,
    level: before?.level ?? levelOfNew(turn.state, data),
    from: !isChange ? null : isRun ? workflowState(turn.state) : from,
    to: !isChange ? null : isRun ? runStateAfter(data.kind, turn.state) : to,
    reason,
    message: toMessage(turn.state, path, data.kind, reason),
    data: fromEventData(data),
  };
  turn.state = evolve(turn.state, event);
  turn.events.push(event);
}

/** What happens to the attempt that undoes a task leaves the task as it is. */
function isOfUndoing(state: RunState, path: NodePath, { kind }: EventData): boolean {
  if (kind !== "assigned" && kind !== "suspended" && kind !== "resumed" && kind !== "lost") return false;
  const entry = mapGet(state.queue, path) ?? mapGet(state.live, path);
  return entry?.purpose === "compensation";
}

/** The state of the run as a whole. Rule RUN-1. */
export function workflowState(state: RunState): WorkflowState {
  const root = rootOf(state);
  if (root.hold !== null && !isFinal(root.state)) return "paused";
  switch (root.state) {
    case "suspended":
      return "paused";
    case "skipped":
      return "completed";
    default:
      return root.state;
  }
}

/** The state an event of this kind brings its node to; null where it is no change of state. */
function stateAfter(kind: EventData["kind"]): NodeState | null {
  switch (kind) {
    case "started":
    case "iterated":
    case "assigned":
    case "resumed":
      return "running";
    case "suspended":
    case "lost":
      return "suspended";
    case "completed":
    case "failed":
    case "skipped":
    case "cancelled":
      return kind;
    case "again":
    case "reset":
      return "idle";
    default:
      return null;
  }
}

function isRunChange(kind: EventData["kind"]): boolean {
  return kind === "held" || kind === "released" || stateAfter(kind) !== null;
}

function runStateAfter(kind: EventData["kind"], state: RunState): WorkflowState {
  switch (kind) {
    case "held":
      return "paused";
    case "completed":
    case "failed":
    case "cancelled":
      return kind;
    case "reset":
    case "started":
    case "released":
      return "running";
    default:
      return workflowState(state);
  }
}

function toType(data: EventData, isRun: boolean, isChange: boolean): WorkflowEventType {
  if (isChange) return isRun ? "WorkflowStateChange" : "NodeStateChange";
  if (data.kind === "error" || (data.kind === "collected" && data.failure !== null)) return "Error";
  const isMetric = data.kind === "report" && (data.report.kind === "metric" || data.report.kind === "progress");
  return isMetric ? "MetricUpdate" : "Custom";
}

function levelOfNew(state: RunState, data: EventData): number {
  const parent = data.kind === "iterated" ? data.parent : data.kind === "skipped" ? data.apart?.parent : undefined;
  return parent === undefined ? 0 : (findNode(state, parent)?.level ?? 0) + 1;
}

function toMessage(state: RunState, path: NodePath, kind: EventData["kind"], reason: string): string {
  return `${path === RUN_PATH ? state.definition.name : path} ${VERBS[kind]}: ${reason}`;
}

const VERBS: Readonly<Record<EventData["kind"], string>> = {
  created: "is created",
  kept: "takes over what was done",
  provided: "has its files",
  started: "runs",
  iterated: "runs",
  queued: "waits for an agent",
  assigned: "runs",
  suspended: "stands still",
  resumed: "runs on",
  lost: "lost its agent",
  completed: "is completed",
  failed: "failed",
  skipped: "is skipped",
  cancelled: "is cancelled",
  again: "will try again",
  reset: "is to run again",
  resolved: "has an alternative",
  held: "is paused",
  released: "goes on",
  undone: "is undone",
  undoing: "undoes what was done",
  "undoing-stopped": "undoes no more",
  abandoned: "fails for good",
  collected: "has its files",
  stepped: "has another time",
  report: "reports",
  error: "had an error",
};
