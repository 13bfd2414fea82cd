import type { NodePath } from "../model/id.ts";
import { RUN_PATH } from "../model/id.ts";
import type { RunTree } from "./run-tree.ts";
import { childrenOf } from "./run-tree.ts";
import { parentPath } from "./view-node.ts";

/** Above this many nodes a run opens with its larger containers closed. */
export const AUTO_COLLAPSE_NODES = 1_000;

/**
 * Which containers are closed when a run is first shown: none below `AUTO_COLLAPSE_NODES`; above, whole levels are opened from the
 * outside in, as long as the nodes on screen stay within that number.
 */
export function initialCollapse(tree: RunTree, limit: number = AUTO_COLLAPSE_NODES): ReadonlySet<NodePath> {
  if (tree.nodes.size <= limit) return new Set();
  let level = childrenOf(tree, RUN_PATH);
  let shown = level.length;
  for (;;) {
    const inside = level.flatMap((path) => childrenOf(tree, path));
    if (inside.length === 0) return new Set();
    if (shown + inside.length > limit) return new Set(level.filter((path) => childrenOf(tree, path).length > 0));
    shown += inside.length;
    level = inside;
  }
}

/** `collapsed` with `path` closed if it was open; if it, or the group drawn in its place, was closed: with both open. */
export function toggleCollapse(collapsed: ReadonlySet<NodePath>, path: NodePath): ReadonlySet<NodePath> {
  const next = new Set(collapsed);
  const group = parentPath(path);
  const wasClosed = next.delete(path);
  const wasGroupClosed = group.endsWith("]") && next.delete(group);
  if (!wasClosed && !wasGroupClosed) next.add(path);
  return next;
}

/** Closed so that `levels` levels are seen: containers deeper than that. */
export function collapseBelow(tree: RunTree, levels: number): ReadonlySet<NodePath> {
  const closed = new Set<NodePath>();
  const visit = (parent: NodePath, level: number): void => {
    for (const path of childrenOf(tree, parent)) {
      if (childrenOf(tree, path).length === 0) continue;
      if (level >= levels) closed.add(path);
      else visit(path, level + 1);
    }
  };
  visit(RUN_PATH, 1);
  return closed;
}

/** How many levels there are. */
export function levelCount(tree: RunTree): number {
  const depth = (parent: NodePath): number =>
    childrenOf(tree, parent).reduce((deepest, path) => Math.max(deepest, 1 + depth(path)), 0);
  return depth(RUN_PATH);
}

/** Every container, for closing all. */
export function allContainers(tree: RunTree): ReadonlySet<NodePath> {
  return new Set([...tree.children.keys()].filter((path) => path !== RUN_PATH));
}
