import type { NodePath } from "../model/id.ts";
import { RUN_PATH } from "../model/id.ts";
import type { RunTree } from "./run-tree.ts";
import { childrenOf } from "./run-tree.ts";

/** One line of the tree view. `level`, `position` and `size` are what `aria-level`, `aria-posinset` and `aria-setsize` say. */
export interface TreeRow {
  readonly path: NodePath;
  readonly level: number;
  readonly position: number;
  readonly size: number;
  readonly fold: "leaf" | "open" | "closed";
}

/** The lines of a tree in which the containers of `collapsed` are closed. */
export function treeRows(tree: RunTree, collapsed: ReadonlySet<NodePath>): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const visit = (parent: NodePath, level: number): void => {
    const children = childrenOf(tree, parent);
    for (const [index, path] of children.entries()) {
      const isLeaf = childrenOf(tree, path).length === 0;
      const fold = isLeaf ? "leaf" : collapsed.has(path) ? "closed" : "open";
      rows.push({ path, level, position: index + 1, size: children.length, fold });
      if (fold === "open") visit(path, level + 1);
    }
  };
  visit(RUN_PATH, 1);
  return rows;
}

/** What a key does in a tree: where to go, or which container to open or close. Null: nothing. Manners of the ARIA treegrid. */
export type TreeMove =
  { readonly kind: "go"; readonly index: number } | { readonly kind: "toggle"; readonly path: NodePath } | null;

const PAGE_ROWS = 10;

/** Answers a key pressed on row `index` of `rows`. */
export function treeMove(rows: readonly TreeRow[], index: number, key: string): TreeMove {
  const row = rows[index];
  if (row === undefined) return rows.length > 0 ? { kind: "go", index: 0 } : null;
  const go = (to: number): TreeMove => ({ kind: "go", index: Math.min(Math.max(to, 0), rows.length - 1) });
  switch (key) {
    case "ArrowDown":
      return go(index + 1);
    case "ArrowUp":
      return go(index - 1);
    case "Home":
      return go(0);
    case "End":
      return go(rows.length - 1);
    case "PageDown":
      return go(index + PAGE_ROWS);
    case "PageUp":
      return go(index - PAGE_ROWS);
    case "ArrowRight":
      return row.fold === "closed" ? { kind: "toggle", path: row.path } : row.fold === "open" ? go(index + 1) : null;
    case "ArrowLeft":
      return row.fold === "open" ? { kind: "toggle", path: row.path } : goToParent(rows, index, row.level);
    default:
      return null;
  }
}

function goToParent(rows: readonly TreeRow[], index: number, level: number): TreeMove {
  for (let at = index - 1; at >= 0; at -= 1) {
    if ((rows[at]?.level ?? level) < level) return { kind: "go", index: at };
  }
  return null;
}
