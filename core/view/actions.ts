import type { NodePath } from "../model/id.ts";
import type { NodeLine, WorkflowState } from "../model/run.ts";
import { isFinalNode, isFinalRun } from "./mark.ts";

export type RunAction = "pause" | "resume" | "cancel";
export type NodeAction = "approve" | "deny" | "complete" | "skip" | "retry" | "cancel";

/** What can be done with a run as a whole, in the order of the buttons. Rules RUN-3..5. */
export function runActions(state: WorkflowState): readonly RunAction[] {
  if (isFinalRun(state)) return [];
  return state === "paused" ? ["resume", "cancel"] : ["pause", "cancel"];
}

/** What a person may do with a node now, in the order of the buttons: legal changes of rule NODE-1 only. Rule RUN-7. */
export function nodeActions(node: NodeLine, run: WorkflowState): readonly NodeAction[] {
  if (isFinalNode(node.state)) return node.state === "skipped" ? [] : ["retry"];
  if (isFinalRun(run)) return [];
  if (node.action === "approve" && node.state === "running") return ["approve", "deny"];
  if (node.state === "idle") return ["skip"];
  return node.type === "task" ? ["complete", "cancel"] : ["cancel"];
}

/** What may be done to several nodes now, and to which of them: actions that fit none are left out. */
export function manyActions(
  nodes: readonly NodeLine[],
  run: WorkflowState,
): ReadonlyMap<NodeAction, readonly NodePath[]> {
  const found = new Map<NodeAction, NodePath[]>();
  for (const node of nodes)
    for (const action of nodeActions(node, run)) {
      const paths = found.get(action);
      if (paths === undefined) found.set(action, [node.path]);
      else paths.push(node.path);
    }
  return found;
}
