import { defined } from "../base/assert.ts";
import type { NodePath } from "../model/id.ts";
import { RUN_PATH } from "../model/id.ts";
import type { RunTree } from "./run-tree.ts";
import { childrenOf, isContainer } from "./run-tree.ts";
import type { ViewNode } from "./view-node.ts";
import { nodeName } from "./view-node.ts";

/** One thing on the canvas: a card (a task, or a closed container) or a frame around others. `depth` 0 is outermost. */
export interface GraphNode {
  readonly path: NodePath;
  readonly kind: "card" | "closed" | "frame";
  readonly label: string;
  readonly depth: number;
  /** The frame around it, `RUN_PATH` for none. */
  readonly parent: NodePath;
}

/** From one thing to another of the same frame. */
export interface GraphEdge {
  readonly from: NodePath;
  readonly to: NodePath;
  readonly parent: NodePath;
}

/** What a layout is made of. `key` is equal exactly when structure is. Frames stand before what they hold. */
export interface GraphStructure {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly key: string;
}

/**
 * What is on the canvas when the containers in `collapsed` are closed. A group that holds a single node is drawn as that node
 * under the group's name, so a `forEach` of one step is a field of cards, not of frames. Edges: `dependsOn`, and the order a
 * pipeline's children and a loop's iterations run in. With a `root`, only what is in that container.
 */
export function toGraph(tree: RunTree, collapsed: ReadonlySet<NodePath>, root: NodePath = RUN_PATH): GraphStructure {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const visit = (parent: NodePath, depth: number): void => {
    const drawn = new Map<NodePath, NodePath>();
    for (const path of childrenOf(tree, parent)) {
      const node = toGraphNode(tree, path, parent === root ? RUN_PATH : parent, depth, collapsed);
      drawn.set(path, node.path);
      nodes.push(node);
      if (node.kind === "frame") visit(node.path, depth + 1);
    }
    const around = parent === root ? RUN_PATH : parent;
    edges.push(...siblingEdges(tree, parent, drawn).map((edge) => ({ ...edge, parent: around })));
  };
  visit(root, 0);
  return { nodes, edges, key: structureKey(nodes, edges) };
}

function toGraphNode(
  tree: RunTree,
  path: NodePath,
  parent: NodePath,
  depth: number,
  collapsed: ReadonlySet<NodePath>,
): GraphNode {
  const group = nodeAt(tree, path);
  const inGroup = childrenOf(tree, path);
  const only = inGroup.length === 1 && group.type === "group" ? nodeAt(tree, defined(inGroup[0], "child")) : null;
  const node = only ?? group;
  const drawn = { path: node.path, label: nodeName(group), depth, parent };
  if (!isContainer(node)) return { ...drawn, kind: "card" };
  const isClosed = collapsed.has(path) || collapsed.has(node.path) || childrenOf(tree, node.path).length === 0;
  return { ...drawn, kind: isClosed ? "closed" : "frame" };
}

function siblingEdges(tree: RunTree, parent: NodePath, drawn: ReadonlyMap<NodePath, NodePath>): GraphEdge[] {
  const edges: GraphEdge[] = [];
  const add = (from: NodePath, to: NodePath): void => {
    const fromDrawn = drawn.get(from);
    const toDrawn = drawn.get(to);
    if (fromDrawn !== undefined && toDrawn !== undefined) edges.push({ from: fromDrawn, to: toDrawn, parent });
  };
  for (const path of drawn.keys()) for (const before of nodeAt(tree, path).dependsOn) add(before, path);
  const paths = [...drawn.keys()];
  if (parent === RUN_PATH || !isOrdered(nodeAt(tree, parent))) return edges;
  for (const [index, path] of paths.entries()) {
    const before = paths[index - 1];
    if (before !== undefined && !nodeAt(tree, path).dependsOn.includes(before)) add(before, path);
  }
  return edges;
}

/** Whether a container's children follow one another without saying so. Rules NODE-4, NODE-8. */
function isOrdered(node: ViewNode): boolean {
  return node.type === "pipeline" || node.type === "loop";
}

function nodeAt(tree: RunTree, path: NodePath): ViewNode {
  return defined(tree.nodes.get(path), `node ${path}`);
}

function structureKey(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): string {
  const parts = nodes.map((node) => `${node.kind[0]}${node.parent}>${node.path}`);
  for (const edge of edges) parts.push(`${edge.from}>${edge.to}`);
  return parts.join("\n");
}
