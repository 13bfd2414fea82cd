import { edit } from "./edit.ts";
import { removeDependency } from "./depends.ts";
import { removeItem } from "./lists.ts";
import { listAt, nodeAt, readOutline, siblingsOf } from "./outline.ts";
import type { EditResult } from "./problem.ts";

/** Removes nodes, and their names from what waits for them. Refused while an expression asks for one of them. */
export function removeNodes(text: string, paths: readonly string[]): EditResult {
  return edit(text, () => {
    const outline = readOutline(text);
    const outermost = paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
    const last = outermost.at(-1);
    const next = last === undefined ? undefined : nextTo(outline, last, outermost);
    return { text: outermost.reduce(removeOne, text), selected: next ?? null };
  });
}

/** What is selected once a node is gone. */
function nextTo(outline: ReturnType<typeof readOutline>, path: string, gone: readonly string[]): string | undefined {
  const node = nodeAt(outline, path);
  const left = siblingsOf(outline, node).filter((each) => !gone.includes(each.path));
  return (left.findLast((each) => each.index < node.index) ?? left[0])?.path;
}

function removeOne(text: string, path: string): string {
  const outline = readOutline(text);
  const node = nodeAt(outline, path);
  const without = siblingsOf(outline, node)
    .filter((each) => each.dependsOn.includes(node.id))
    .reduce((now, each) => removeDependency(now, each.path, node.id), text);
  const fresh = readOutline(without);
  return removeItem(without, listAt(fresh, node.list).seq, node.index);
}
