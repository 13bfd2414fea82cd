import { assertNever } from "../base/assert.ts";
import type { NodeLine, NodeState, WorkflowState } from "../model/run.ts";

/** What is drawn for a state: each has its own shape and word; colour only comes third. `asking` waits for a person. */
export type Mark =
  | "blocked"
  | "held"
  | "queued"
  | "backoff"
  | "running"
  | "asking"
  | "suspended"
  | "completed"
  | "failed"
  | "skipped"
  | "cancelled";

/** Every mark, in the order in which counts are listed. */
export const MARKS: readonly Mark[] = [
  "running",
  "asking",
  "suspended",
  "queued",
  "backoff",
  "held",
  "blocked",
  "completed",
  "failed",
  "skipped",
  "cancelled",
];

/** The mark of a node. An idle node without a phase counts as blocked: it has not been looked at yet. */
export function nodeMark(node: NodeLine): Mark {
  return glanceMark(node);
}

/** The same of what is known of a node at a glance. */
export function glanceMark(node: Pick<NodeLine, "state" | "phase" | "action">): Mark {
  switch (node.state) {
    case "idle":
      return node.phase ?? "blocked";
    case "running":
      return node.action === "approve" ? "asking" : "running";
    case "suspended":
    case "completed":
    case "failed":
    case "skipped":
    case "cancelled":
      return node.state;
    default:
      return assertNever(node.state);
  }
}

/** The mark of a run as a whole. */
export function runMark(state: WorkflowState): Mark {
  switch (state) {
    case "idle":
      return "queued";
    case "paused":
      return "suspended";
    case "running":
    case "completed":
    case "failed":
    case "cancelled":
      return state;
    default:
      return assertNever(state);
  }
}

/** Whether a node can change no more by itself. */
export function isFinalNode(state: NodeState): boolean {
  return state === "completed" || state === "failed" || state === "skipped" || state === "cancelled";
}

/** Whether a run can change no more by itself. */
export function isFinalRun(state: WorkflowState): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}
