import { mapDifference, mapGet } from "../base/persistent-map.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";
import { addIdle, addPlanned } from "./queries.ts";
import { findNode, rootOf } from "./records.ts";
import type { RunState } from "./state.ts";

/**
 * Nodes whose line may differ between two states of one run, whichever is the older; `toNodeLine` gives undefined where a node is not.
 * Costs about what lies between them where they come of one fold, and all there is where they do not.
 */
export function differingPaths(one: RunState, other: RunState): ReadonlySet<NodePath> {
  const paths = new Set<NodePath>();
  if (one === other) return paths;
  for (const key of mapDifference(one.nodes, other.nodes)) {
    const path = key as NodePath;
    paths.add(path);
    for (const state of [one, other]) addPlanned(state, path, paths);
    if (isHeldThere(one, path) === isHeldThere(other, path)) continue;
    for (const state of [one, other]) addIdle(state, path, paths);
  }
  for (const key of mapDifference(one.queue, other.queue)) paths.add(key as NodePath);
  for (const timer of mapDifference(one.timers, other.timers))
    for (const { timers } of [one, other]) {
      const found = mapGet(timers, timer);
      if (found !== undefined) paths.add(found.path);
    }
  if (rootOf(one).state !== rootOf(other).state) for (const state of [one, other]) addIdle(state, RUN_PATH, paths);
  paths.delete(RUN_PATH);
  return paths;
}

function isHeldThere(state: RunState, path: NodePath): boolean {
  return (findNode(state, path)?.hold ?? null) !== null;
}
