import type { NodeState, RunNodeType, WorkflowState } from "../model/run.ts";

/** What every format draws: a tree of nodes with edges between siblings. */
export interface Drawing {
  readonly kind: "definition" | "run";
  readonly workflow: string;
  /** Of a run; null for a definition. */
  readonly state: WorkflowState | null;
  readonly nodes: readonly DrawnNode[];
}

/** `branch` is one side of a conditional in a definition; in a run the nodes of the taken side are the conditional's own. */
export type DrawnType = RunNodeType | "branch";

export interface DrawnNode {
  /** Unique in its drawing and safe in every format: `n0`, `n1` … */
  readonly key: string;
  readonly path: string;
  readonly type: DrawnType;
  readonly label: string;
  /** A second line: what a loop waits for, what a list is over, or the state of a node of a run; null when there is none. */
  readonly detail: string | null;
  readonly state: NodeState | null;
  readonly edges: readonly DrawnEdge[];
  readonly nodes: readonly DrawnNode[];
}

/** An edge that ends at the node that has it. */
export interface DrawnEdge {
  readonly from: string;
  /** `after`: it waits for the other; `instead`: it runs in the other's place. */
  readonly kind: "after" | "instead";
}

/** A node's keys in order, its own first. */
export function* everyNode(nodes: readonly DrawnNode[]): Iterable<DrawnNode> {
  for (const node of nodes) {
    yield node;
    yield* everyNode(node.nodes);
  }
}

/** Text without what no format can carry: control characters and halves of surrogate pairs. Line ends stay. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g, " ");
}

/** UTF-16 units of a label or detail in a picture; of data nothing is cut. */
const MAX_SHOWN = 200;

/** What a node is labelled with in a picture: its label and, on a line of its own, its detail. Long ones are cut, with a mark. */
export function captionOf(node: DrawnNode): string {
  const label = shorten(node.label);
  return node.detail === null ? label : `${label}\n${shorten(node.detail)}`;
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1).replace(/[\ud800-\udbff]$/, "")}…` : text;
}

/** How a state looks: a fill light enough for black text, a line, and whether the line is dashed. */
export interface StateStyle {
  readonly fill: string;
  readonly line: string;
  readonly isDashed: boolean;
}

export const STATE_STYLES: Readonly<Record<NodeState, StateStyle>> = {
  idle: { fill: "#f3f4f6", line: "#9ca3af", isDashed: false },
  running: { fill: "#dbeafe", line: "#2563eb", isDashed: false },
  suspended: { fill: "#fef3c7", line: "#d97706", isDashed: false },
  completed: { fill: "#dcfce7", line: "#16a34a", isDashed: false },
  failed: { fill: "#fee2e2", line: "#dc2626", isDashed: false },
  skipped: { fill: "#f9fafb", line: "#9ca3af", isDashed: true },
  cancelled: { fill: "#e5e7eb", line: "#4b5563", isDashed: true },
};
