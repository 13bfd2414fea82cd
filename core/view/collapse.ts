import type { NodePath } from "../model/id.ts";
import { RUN_PATH } from "../model/id.ts";
import type { RunTree } from "./run-tree.ts";
import { childrenOf } from "./run-tree.ts";

/** Above this many nodes a run opens with its larger containers closed. */
export const AUTO_COLLAPSE_NODES = 1_000;

/**
 * Which containers are closed when a run is first shown: none below `AUTO_COLLAPSE_NODES`; above, levels are opened from the outside
 * in, container by container, as long as the nodes on screen stay within that number.
 */
export function initialCollapse(tree: RunTree, limit: number = AUTO_COLLAPSE_NODES): ReadonlySet<NodePath> {
  const collapsed = new Set<NodePath>();
  if (tree.nodes.size <= limit) return collapsed;
  let shown = childrenOf(tree, RUN_PATH).length;
  const waiting = [...childrenOf(tree, RUN_PATH)];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const children = childrenOf(tree, path);
    if (children.length === 0) continue;
    if (shown + children.length > limit) {
      collapsed.add(path);
      continue;
    }
    shown += children.length;
    waiting.push(...children);
  }
  return collapsed;
}

/** `collapsed` with `path` closed if it was open and open if it was closed. */
export function toggleCollapse(collapsed: ReadonlySet<NodePath>, path: NodePath): ReadonlySet<NodePath> {
  const next = new Set(collapsed);
  if (!next.delete(path)) next.add(path);
  return next;
}

/** Every container, for closing all. */
export function allContainers(tree: RunTree): ReadonlySet<NodePath> {
  return new Set([...tree.children.keys()].filter((path) => path !== RUN_PATH));
}
