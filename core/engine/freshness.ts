import { mapGet, mapHas } from "../base/persistent-map.ts";
import { endDigest } from "./recipe.ts";
import { findNode, nodeAt, parentOf, pathOfChild, topologyOf } from "./records.ts";
import type { NodeRecord, RunState, Settlement } from "./state.ts";

/** Whether something that came before a node is not as it was in the original: then the node is not, either. Rule SNAP-5. */
export function isStale(state: RunState, record: NodeRecord): boolean {
  const parent = parentOf(state, record);
  const body = parent?.body;
  if (state.kept === null || parent === undefined || body === undefined || body === null) return false;
  if (parent.stale) return true;
  if (body.shape === "iterations")
    return record.position > 0 && nodeAt(state, pathOfChild(parent, body, record.position - 1)).fresh;
  const topology = topologyOf(parent, body);
  if (topology === null) return false;
  const index = record.position - body.offset;
  const find = (position: number): NodeRecord | undefined => findNode(state, pathOfChild(parent, body, position));
  // A standby follows from the failure in whose place it runs.
  for (const principal of topology.standbys.get(index) ?? []) {
    const found = find(principal);
    if (found?.after === "alternative" && (found.fresh || !isAsKept(found))) return true;
  }
  return (topology.dependencies[index] ?? []).some((position) => find(position)?.fresh === true);
}

/** Of a node that has failed and whose end is still open. */
function isAsKept({ kept, body }: NodeRecord): boolean {
  return kept !== null || (body !== null && !body.fresh);
}

/** Whether a node that ends does so otherwise than in the original, or did something anew. False in a run that is no fork. */
export function isFresh(state: RunState, record: NodeRecord, settlement: Settlement): boolean {
  if (state.kept === null || record.kept !== null) return false;
  const { type, body } = record;
  if (type === "task" && (record.state === "completed" || record.state === "failed")) return true;
  if (body !== null && body.fresh) return true;
  // One that never came to its turn: what that means is seen in the result of what it is in.
  if (type === "group") return body === null && (record.state === "completed" || record.skipCause === "person");
  // One of another name, or that did not come so far: nothing in it was done anew.
  const before = endOfOriginal(state, record);
  return before !== undefined && before !== endDigest(record, settlement);
}

function endOfOriginal({ kept }: RunState, { was }: NodeRecord): string | null | undefined {
  return kept === null || was === null ? undefined : mapGet(kept.ends, was)?.digest;
}

/** Whether a person has asked for this node, or for something around it, to run again. */
export function isRefused(state: RunState, record: NodeRecord): boolean {
  const { kept } = state;
  if (kept === null || kept.refused.size === 0) return false;
  for (let around: NodeRecord | undefined = record; around !== undefined; around = parentOf(state, around))
    if (mapHas(kept.refused, around.path)) return true;
  return false;
}
