import { getContext, setContext } from "svelte";
import type { NodePath } from "#core/model/id.ts";
import type { Pauses } from "#core/view/run-clock.ts";
import type { RunModel } from "../../../stores/run-model.svelte.ts";

/** What the cards and frames of a graph need; the flow hands them no more than their path. */
export interface GraphContext {
  readonly model: RunModel;
  selected(): NodePath | null;
  pauses(): Pauses;
  select(path: NodePath): void;
  isCritical(path: NodePath): boolean;
  focus(path: NodePath): void;
}

const GRAPH = Symbol("graph");

export function provideGraph(graph: GraphContext): void {
  setContext(GRAPH, graph);
}

export function useGraph(): GraphContext {
  return getContext<GraphContext>(GRAPH);
}
