import type { EpochMs, Millis, NodePath } from "#core/model/id.ts";
import type { RunHead } from "#core/model/run.ts";
import type { ViewNode } from "#core/view/view-node.ts";

const ZERO = 0 as Millis;

/** A node for view tests: a task at `path`, blocked, unless said otherwise. */
export function sampleNode(path: string, order: readonly number[], change: Partial<ViewNode> = {}): ViewNode {
  return {
    path: path as NodePath,
    type: "task",
    label: "",
    level: order.length,
    state: "idle",
    phase: "blocked",
    reason: null,
    attempt: 0,
    agent: null,
    progress: null,
    result: null,
    files: [],
    error: null,
    startedAt: null,
    endedAt: null,
    pausedBefore: ZERO,
    timing: { wait: ZERO, execution: ZERO, total: ZERO },
    dependsOn: [],
    action: "run",
    order,
    ...change,
  };
}

/** The nodes by path, as a topic holds them. */
export function byPath(nodes: readonly ViewNode[]): ReadonlyMap<NodePath, ViewNode> {
  return new Map(nodes.map((node) => [node.path, node]));
}

/** `plan`, then a parallel `tiles` of `count` items of one task each, then `join`. */
export function samplePicture(count: number): ReadonlyMap<NodePath, ViewNode> {
  const items = Array.from({ length: count }, (_, index) => [
    sampleNode(`tiles[${index}]`, [1, index], { type: "group", action: null }),
    sampleNode(`tiles[${index}]/draw`, [1, index, 0]),
  ]).flat();
  return byPath([
    sampleNode("plan", [0]),
    sampleNode("tiles", [1], { type: "parallel", action: null, dependsOn: ["plan" as NodePath] }),
    ...items,
    sampleNode("join", [2], { dependsOn: ["tiles" as NodePath] }),
  ]);
}

/** A run's header for view tests. */
export function sampleHead(change: Partial<RunHead> = {}): RunHead {
  return {
    run: "r-1" as RunHead["run"],
    workflow: "picture",
    state: "running",
    pauseMode: null,
    reason: null,
    seq: 1,
    createdAt: 1_000 as EpochMs,
    startedAt: 1_000 as EpochMs,
    endedAt: null,
    pausedMs: ZERO,
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
    ...change,
  };
}
