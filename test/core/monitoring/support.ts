import type { EpochMs, Millis, NodePath, RunId } from "#core/model/id.ts";
import type { NodeLine, NodeState, RunLine, RunNodeType } from "#core/model/run.ts";

const ms = (value: number): Millis => value as Millis;

export function line(path: string, type: RunNodeType, state: NodeState, more: Partial<NodeLine> = {}): NodeLine {
  return {
    path: path as NodePath,
    type,
    label: "",
    level: path.split("/").length,
    state,
    phase: null,
    reason: null,
    attempt: 1,
    agent: null,
    progress: null,
    result: null,
    files: [],
    error: null,
    startedAt: null,
    endedAt: null,
    pausedBefore: ms(0),
    timing: { wait: ms(0), execution: ms(0), total: ms(0) },
    dependsOn: [],
    action: null,
    ...more,
  };
}

export function runOf(nodes: readonly NodeLine[], workflow = "sample"): RunLine {
  return {
    kind: "run",
    run: "r1" as RunId,
    workflow,
    state: "running",
    pauseMode: null,
    reason: null,
    seq: 1,
    createdAt: 0 as EpochMs,
    startedAt: null,
    endedAt: null,
    pausedMs: ms(0),
    pausedSince: null,
    variables: {},
    inputs: {},
    outputs: null,
    error: null,
    outFolder: null,
    collection: null,
    frozen: 0,
    inFlight: 0,
    counts: { idle: 0, running: 0, suspended: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 },
    nodes,
  };
}

export const path = (value: string): NodePath => value as NodePath;
export const times = (wait: number, execution: number, total: number): NodeLine["timing"] => ({
  wait: ms(wait),
  execution: ms(execution),
  total: ms(total),
});
