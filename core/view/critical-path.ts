import type { Millis, NodePath } from "../model/id.ts";
import type { RunTree } from "./run-tree.ts";
import type { ViewNode } from "./view-node.ts";

/** The chain of tasks that decided how long it took, first to last. */
export interface CriticalPath {
  readonly paths: ReadonlySet<NodePath>;
  /** From the start of the first to the end of the last. */
  readonly lengthMs: Millis;
}

/**
 * Goes back from the task that ended last: to the one that ended last before it began, and so on. What ran on the same machine counts
 * too, since a task that waits for a slot waits for it. Tasks only, as measured; those that run end now.
 */
export function criticalPath(tree: RunTree, now: number): CriticalPath {
  const done = [...tree.nodes.values()].flatMap((node) => toSpan(node, now) ?? []);
  done.sort((left, right) => left.end - right.end);
  const paths = new Set<NodePath>();
  let last = done.at(-1);
  const end = last?.end ?? 0;
  let start = end;
  for (let index = done.length - 1; last !== undefined;) {
    paths.add(last.path);
    start = last.start;
    const limit = last.start;
    while (index >= 0 && ((done[index]?.end ?? 0) > limit || paths.has(done[index]?.path ?? last.path))) index -= 1;
    last = done[index];
  }
  return { paths, lengthMs: (end - start) as Millis };
}

function toSpan(node: ViewNode, now: number) {
  if (node.type !== "task" || node.startedAt === null) return null;
  const end = node.endedAt ?? now;
  return { path: node.path, start: Math.min(node.startedAt, end), end };
}
