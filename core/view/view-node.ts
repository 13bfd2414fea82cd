import type { NodePath } from "../model/id.ts";
import type { NodeLine } from "../model/run.ts";

/** A node as the window holds it: its line, and where it stands in document order (compare part by part). */
export interface ViewNode extends NodeLine {
  readonly order: readonly number[];
}

/** Below zero when `left` stands before `right` in document order; a container stands before what it holds. */
export function compareOrder(left: readonly number[], right: readonly number[]): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The path one level up: `a[3]/b` is in `a[3]`, `a[3]` in `a`, `a` in the run itself (`""`). Rule FILE-2. */
export function parentPath(path: NodePath): NodePath {
  const cut = path.endsWith("]") ? path.lastIndexOf("[") : path.lastIndexOf("/");
  return path.slice(0, Math.max(cut, 0)) as NodePath;
}

/** The last part of a path as people read it: `b` of `a/b`, `resize[3]` of `x/resize[3]`. */
export function lastSegment(path: NodePath): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What a node is called: its label, or the last part of its path. */
export function nodeName(node: NodeLine): string {
  return node.label === "" ? lastSegment(node.path) : node.label;
}

/** The paths from the outermost container down to `path` itself; empty for the run. */
export function ancestry(path: NodePath): readonly NodePath[] {
  const paths: NodePath[] = [];
  for (let at = path; at !== ""; at = parentPath(at)) paths.unshift(at);
  return paths;
}

/** Whether two versions of a node look the same to a layout: same kind, name and edges. */
export function hasSameStructure(before: NodeLine, after: NodeLine): boolean {
  return (
    before.type === after.type &&
    before.label === after.label &&
    before.dependsOn.length === after.dependsOn.length &&
    before.dependsOn.every((path, index) => path === after.dependsOn[index])
  );
}
