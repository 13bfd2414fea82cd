import { differingPaths } from "#core/engine/differing-paths.ts";
import { documentOrder, toNodeLine, toRunHead, toRunLine } from "#core/engine/queries.ts";
import { mapEntries } from "#core/base/persistent-map.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunStep } from "#core/ipc/time-methods.ts";
import type { OrderedNode } from "#core/ipc/topics.ts";
import type { NodePath } from "#core/model/id.ts";

/** Characters of JSON in one answer, unless a single node has more: three bytes each at most, well below a frame. */
const MAX_STEP_LENGTH = 2 * 1024 * 1024;

/** Where a step begins: nowhere, at an instant, or at what a watcher was told, where waiting nodes have reasons of the moment. */
export type StepFrom = { readonly state: RunState; readonly isTold: boolean } | null;

/** What to change in the nodes of one instant to have those of another, from the `first` of the changes on. Rule SNAP-4. */
export function runStep(from: StepFrom, to: RunState, first: number): RunStep {
  const paths = from === null ? toRunLine(to).nodes.map(({ path }) => path) : candidates(from, to);
  const upsert: OrderedNode[] = [];
  const remove: NodePath[] = [];
  let length = 0;
  let next = first;
  for (; next < paths.length && length < MAX_STEP_LENGTH; next++) {
    const path = paths[next] as NodePath;
    const after = lineAt(to, path);
    const text = after === null ? "" : JSON.stringify(after);
    if (from !== null && !isQueuedAt(from, path) && text === textOf(lineAt(from.state, path))) continue;
    if (after === null) remove.push(path);
    else upsert.push(after);
    length += after === null ? path.length : text.length;
  }
  return {
    head: toRunHead(to),
    time: to.time,
    upsert,
    remove,
    next: next < paths.length ? next : null,
  };
}

/** In an order that is the same each time, so that a long answer can come in parts. */
function candidates(from: NonNullable<StepFrom>, to: RunState): readonly NodePath[] {
  const paths = new Set(differingPaths(from.state, to));
  if (from.isTold) for (const [path] of mapEntries(from.state.queue)) paths.add(path as NodePath);
  return [...paths].sort();
}

function isQueuedAt({ state, isTold }: NonNullable<StepFrom>, path: NodePath): boolean {
  return isTold && toNodeLine(state, path)?.phase === "queued";
}

function lineAt(state: RunState, path: NodePath): OrderedNode | null {
  const line = toNodeLine(state, path);
  return line === undefined ? null : { ...line, order: documentOrder(state, path) };
}

function textOf(line: OrderedNode | null): string {
  return line === null ? "" : JSON.stringify(line);
}
