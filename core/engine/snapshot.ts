import { mapEntries } from "../base/persistent-map.ts";
import type { EpochMs } from "../model/id.ts";
import type { NodeState } from "../model/run.ts";
import { toSnapshotId, type SnapshotHead, type SnapshotReason, type WorkflowSnapshot } from "../model/snapshot.ts";
import { definitionHash, hashDefinition } from "./definition-hash.ts";
import { rootOf } from "./records.ts";
import { workflowValues } from "./scope.ts";
import type { RunState } from "./state.ts";
import { workflowState } from "./turn.ts";

/** What a list says of a snapshot of this state. `time` is when it is taken. Rule SNAP-1. */
export function toSnapshotHead(state: RunState, reason: SnapshotReason, time: EpochMs): SnapshotHead {
  return {
    id: toSnapshotId(state.run, state.seq, reason),
    run: state.run,
    workflow: workflowValues(rootOf(state)).name,
    seq: state.seq,
    time,
    reason,
    state: workflowState(state),
    definitionHash: definitionHash(state.definition),
  };
}

/**
 * A snapshot of this state, put together `slice` nodes at a time, so that a run of a hundred thousand nodes keeps nobody waiting: a
 * state never changes, whatever happens to its run meanwhile.
 */
export function* buildSnapshot(
  state: RunState,
  reason: SnapshotReason,
  time: EpochMs,
  slice: number,
): Generator<void, WorkflowSnapshot> {
  const nodeStates: Record<string, NodeState> = {};
  let count = 0;
  for (const [path, record] of mapEntries(state.nodes)) {
    nodeStates[path] = record.state;
    count += 1;
    if (count % slice === 0) yield;
  }
  count = 0;
  for (const steps = hashDefinition(state.definition); steps.next().done !== true; count += 1)
    if (count % slice === slice - 1) yield;
  const contextVariables = workflowValues(rootOf(state)).variables;
  return { ...toSnapshotHead(state, reason, time), nodeStates, contextVariables };
}
