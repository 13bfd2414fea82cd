import type { NodePath } from "../model/id.ts";
import { findNode, pathOfChild, pathOfNode } from "./records.ts";
import type { NodeRecord, RunState } from "./state.ts";

/** Paths of all children of a composite that exist, in document order, those of the branch not taken among them. */
export function childPaths(state: RunState, record: NodeRecord): readonly NodePath[] {
  const { body, definition } = record;
  if (definition?.type === "conditional" && record.type === "conditional")
    return [...definition.then, ...definition.else]
      .map((node) => pathOfNode(record.path, node.id))
      .filter((path) => findNode(state, path) !== undefined);
  if (body === null) return [];
  return Array.from({ length: body.count }, (_, index) => pathOfChild(record, body, index));
}
