import type { NodePath } from "../model/id.ts";
import { RUN_PATH } from "../model/id.ts";
import type { NodeLine } from "../model/run.ts";
import type { Mark } from "./mark.ts";
import { nodeMark } from "./mark.ts";
import type { ViewNode } from "./view-node.ts";
import { compareOrder, parentPath } from "./view-node.ts";

/** The nodes of a run by level: children of each container in document order. `RUN_PATH` holds the outermost. */
export interface RunTree {
  readonly nodes: ReadonlyMap<NodePath, ViewNode>;
  readonly children: ReadonlyMap<NodePath, readonly NodePath[]>;
}

/** Builds the tree. A node whose container is not there hangs on the nearest one that is. */
export function toRunTree(nodes: ReadonlyMap<NodePath, ViewNode>): RunTree {
  const sorted = [...nodes.values()].sort((left, right) => compareOrder(left.order, right.order));
  const children = new Map<NodePath, NodePath[]>([[RUN_PATH, []]]);
  for (const node of sorted) {
    let parent = parentPath(node.path);
    while (parent !== RUN_PATH && !nodes.has(parent)) parent = parentPath(parent);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node.path]);
    else siblings.push(node.path);
  }
  return { nodes, children };
}

/** The children of a container in document order; empty for a task. */
export function childrenOf(tree: RunTree, path: NodePath): readonly NodePath[] {
  return tree.children.get(path) ?? [];
}

/** Whether a node is drawn as a frame: everything but a task, also while it is still empty. */
export function isContainer(node: NodeLine): boolean {
  return node.type !== "task";
}

/** How many of a container's tasks have which mark, and how many there are. */
export interface TaskCounts {
  readonly byMark: Readonly<Partial<Record<Mark, number>>>;
  readonly total: number;
}

/** Task counts of every container, the run itself under `RUN_PATH`. One pass over the nodes. */
export function countTasks(nodes: ReadonlyMap<NodePath, ViewNode>): ReadonlyMap<NodePath, TaskCounts> {
  const counts = new Map<NodePath, { byMark: Partial<Record<Mark, number>>; total: number }>();
  for (const node of nodes.values()) {
    if (node.type !== "task") continue;
    const mark = nodeMark(node);
    for (let at = node.path; at !== RUN_PATH;) {
      at = parentPath(at);
      const count = counts.get(at) ?? { byMark: {}, total: 0 };
      count.byMark[mark] = (count.byMark[mark] ?? 0) + 1;
      count.total += 1;
      counts.set(at, count);
    }
  }
  return counts;
}

/** The mark of a node. A running container in which nothing runs any more is frozen or held, as what is in it. */
export function containerMark(node: NodeLine, counts: TaskCounts | undefined): Mark {
  const mark = nodeMark(node);
  if (mark !== "running" || counts === undefined) return mark;
  const { running = 0, asking = 0, suspended = 0, held = 0 } = counts.byMark;
  if (running > 0 || asking > 0) return mark;
  return suspended > 0 ? "suspended" : held > 0 ? "held" : mark;
}
