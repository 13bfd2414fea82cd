import { mapHas } from "../base/persistent-map.ts";
import type { EpochMs, Millis } from "../model/id.ts";
import type { IdlePhase, NodeLine, NodeTiming, RunNodeType } from "../model/run.ts";
import type { NodeDefinition } from "../model/workflow.ts";
import { dueAt, timerName } from "./fold-timer.ts";
import { findNode, isHeld, parentOf, pathOfChild, rootOf, topologyOf } from "./records.ts";
import type { NodeRecord, RunState } from "./state.ts";
import type { Planned } from "./walk.ts";

const NO_TIMING: NodeTiming = { wait: 0 as Millis, execution: 0 as Millis, total: 0 as Millis };

/** A node that exists, as `show` prints it. */
export function lineOfRecord(state: RunState, record: NodeRecord): NodeLine {
  const phase = record.state === "idle" ? toPhase(state, record) : null;
  return {
    path: record.path,
    type: toType(record),
    label: toLabel(record),
    level: record.level,
    state: record.state,
    phase,
    reason: phase === null ? record.reason : toIdleReason(state, record, phase),
    attempt: record.attempt,
    agent: record.agent,
    progress: toProgress(record),
    result: record.result,
    files: record.files,
    error: record.error,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    pausedBefore: toMillis(record.pausedAtStart),
    timing: toTiming(state, record),
    dependsOn: dependenciesOf(state, record).map((dependency) => dependency.path),
    action: actionOf(record.type, record.definition),
    ...(record.kept === null ? {} : { keptFrom: record.kept.path }),
  };
}

/** A node that will exist once the composite around it starts, or that never will because that has ended. */
export function lineOfPlanned(planned: Planned): NodeLine {
  const { definition, path, level, around } = planned;
  return {
    path,
    type: definition.type,
    label: definition.label === "" ? definition.id : definition.label,
    level,
    state: planned.state,
    phase: planned.state === "idle" ? "blocked" : null,
    reason: planned.state === "idle" ? `waits for ${around} to start` : `${around} ended without it`,
    attempt: 0,
    agent: null,
    progress: null,
    result: null,
    files: [],
    error: null,
    startedAt: null,
    endedAt: null,
    pausedBefore: 0 as Millis,
    timing: NO_TIMING,
    dependsOn: planned.dependsOn,
    action: actionOf(definition.type, definition),
  };
}

function toType({ type }: NodeRecord): RunNodeType {
  return type === "workflow" ? "subworkflow" : type;
}

function toLabel(record: NodeRecord): string {
  const { definition, type, path } = record;
  if (type === "group" || definition === null) return path.slice(path.lastIndexOf("/") + 1);
  return definition.label === "" ? definition.id : definition.label;
}

function actionOf(type: NodeRecord["type"], definition: NodeDefinition | null): string | null {
  return type === "task" && definition?.type === "task" ? definition.action.kind : null;
}

/** Why an idle node has not started. Rule NODE-2. */
function toPhase(state: RunState, record: NodeRecord): IdlePhase {
  const waitsForOthers = !record.active && (record.unmet > 0 || !record.counts);
  if (waitsForOthers || rootOf(state).state === "idle") return "blocked";
  if (isHeld(state, record)) return "held";
  if (mapHas(state.timers, timerName("backoff", record.path))) return "backoff";
  return mapHas(state.queue, record.path) ? "queued" : "blocked";
}

/** Names listed in a reason. */
const MAX_NAMES = 8;

function toIdleReason(state: RunState, record: NodeRecord, phase: IdlePhase): string | null {
  if (phase === "held") return "paused";
  const due = phase === "backoff" ? dueAt(state, timerName("backoff", record.path)) : null;
  if (due !== null) return toBackoffReason(record, due);
  if (phase !== "blocked" || record.active) return record.reason;
  if (rootOf(state).state === "idle") return "the run has not started";
  if (!record.counts) return "stands by for another node";
  const open = dependenciesOf(state, record).filter(
    ({ settlement }) => settlement !== "completed" && settlement !== "skipped",
  );
  if (open.length === 0) return "waits for a place: as many of its siblings run as may run at once";
  const names = open.slice(0, MAX_NAMES).map(({ definition, path }) => definition?.id ?? path);
  return `waits for ${names.join(", ")}${open.length > MAX_NAMES ? ` and ${open.length - MAX_NAMES} more` : ""}`;
}

/** Says until when it waits: a pause moves that. */
function toBackoffReason({ attempt, error }: NodeRecord, due: EpochMs): string {
  return `attempt ${attempt} failed: ${error?.message ?? "failed"}; the next one comes at ${new Date(due).toISOString()}`;
}

function dependenciesOf(state: RunState, record: NodeRecord): readonly NodeRecord[] {
  const parent = parentOf(state, record);
  const body = parent?.body;
  if (parent === undefined || body === undefined || body === null) return [];
  const positions = topologyOf(parent, body)?.dependencies[record.position - body.offset] ?? [];
  return positions.flatMap((index) => findNode(state, pathOfChild(parent, body, index)) ?? []);
}

function toProgress({ body, progress, type, state }: NodeRecord): number | null {
  if (body === null) return progress;
  if (state === "completed") return 1;
  const { tally } = body;
  const done = tally.completed + tally.failed + tally.skipped + tally.cancelled;
  const total = type === "loop" ? body.times : tally.total;
  return total === null || total === 0 ? null : Math.min(1, done / total);
}

/** Rule MET-1. A node that has not ended has its wait alone: the rest is for who knows the time. */
function toTiming(state: RunState, record: NodeRecord): NodeTiming {
  const { startedAt, endedAt } = record;
  const begin = rootOf(state).startedAt;
  if (begin === null) return NO_TIMING;
  const ready = Math.max(begin, record.readyAt ?? startedAt ?? endedAt ?? begin);
  return {
    wait: toMillis(startedAt === null ? 0 : startedAt - ready),
    execution: toMillis(record.executionMs),
    total: toMillis(endedAt === null ? 0 : endedAt - ready),
  };
}

function toMillis(ms: number): Millis {
  return Math.max(0, Math.round(ms)) as Millis;
}
