import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { everyNode } from "./walk-definition.ts";

/** The static order of a workflow. Nodes go by their ids from the top, `a/b`. */
export interface WorkflowTopology {
  /** Of each node those that depend on it; a pipeline's nodes depend on the one before. */
  readonly edges: ReadonlyMap<string, readonly string[]>;
  /** Of each node those it depends on. */
  readonly reverseEdges: ReadonlyMap<string, readonly string[]>;
  /** The workflow itself is 0. Rule FILE-2. */
  readonly nodeLevels: ReadonlyMap<string, number>;
}

export function toTopology(definition: WorkflowDefinition): WorkflowTopology {
  const reverseEdges = new Map<string, string[]>();
  const edges = new Map<string, string[]>();
  const nodeLevels = new Map<string, number>();
  for (const [path, { dependsOn }] of everyNode(definition)) {
    const around = path.slice(0, path.lastIndexOf("/") + 1);
    edges.set(path, []);
    reverseEdges.set(
      path,
      dependsOn.map((id) => `${around}${id}`),
    );
    nodeLevels.set(path, path.split("/").length);
  }
  for (const [path, node] of everyNode(definition)) {
    if (node.type !== "pipeline") continue;
    const ids = node.nodes.map(({ id }) => `${path}/${id}`);
    for (const [index, id] of ids.entries()) if (index > 0) reverseEdges.get(id)?.push(...ids.slice(index - 1, index));
  }
  for (const [path, dependencies] of reverseEdges) for (const one of dependencies) edges.get(one)?.push(path);
  return { edges, reverseEdges, nodeLevels };
}
