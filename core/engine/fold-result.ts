import type { Json } from "../base/json.ts";
import type { FileRef } from "../model/run.ts";
import { childPaths } from "./child-paths.ts";
import { findNode, nodeAt, pathOfChild, topologyOf } from "./records.ts";
import type { NodeRecord, RunState } from "./state.ts";

/** What a composite comes to: put together from what its children came to. Rule NODE-12. */
export function resultOf(
  state: RunState,
  record: NodeRecord,
): { readonly result: Json; readonly files: readonly FileRef[] } {
  const children = childPaths(state, record).flatMap((path) => findNode(state, path) ?? []);
  const completed = children.filter((child) => child.settlement === "completed" && child.counts);
  return { result: toResult(state, record, completed), files: completed.flatMap((child) => child.files) };
}

function toResult(state: RunState, record: NodeRecord, completed: readonly NodeRecord[]): Json {
  const { body } = record;
  if (body === null) return null;
  if (body.shape === "items") return completed.map((child) => child.result);
  if (record.type === "parallel")
    return Object.fromEntries(completed.map((child) => [child.definition?.id ?? "", child.result]));
  const last = body.shape === "iterations" ? body.count - 1 : (topologyOf(record, body)?.last ?? -1);
  return last < 0 ? null : nodeAt(state, pathOfChild(record, body, last)).result;
}
