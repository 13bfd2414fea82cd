import type { NodePath } from "../model/id.ts";
import type { NodeState } from "../model/run.ts";
import type { NodeDefinition } from "../model/workflow.ts";
import { childPaths } from "./child-paths.ts";
import { findNode, nodeAt, pathOfNode } from "./records.ts";
import type { NodeRecord, RunState } from "./state.ts";
import { toGraph, toSequence } from "./topology.ts";

/** A node as written, inside a composite that has no children (yet). */
export interface Planned {
  readonly kind: "planned";
  readonly definition: NodeDefinition;
  readonly path: NodePath;
  readonly level: number;
  readonly position: number;
  readonly state: NodeState;
  /** The path of what it is in. */
  readonly around: NodePath;
  readonly dependsOn: readonly NodePath[];
}

/** A node of a run, whether it exists or is only planned. */
export type Walked = { readonly kind: "record"; readonly record: NodeRecord } | Planned;

/** `templates`: also show once what a `forEach` or a loop will have many times. */
export type WalkMode = "nodes" | "templates";

/** Everything inside a node, in document order, items and iterations in theirs. */
export function* walkInside(state: RunState, top: Walked, mode: WalkMode): Generator<Walked> {
  const pending = [...childrenOf(state, top, mode)].reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    const inside = childrenOf(state, next, mode);
    for (let index = inside.length - 1; index >= 0; index -= 1) {
      const child = inside[index];
      if (child !== undefined) pending.push(child);
    }
  }
}

/** The children of a node, existing ones first of all. */
export function childrenOf(state: RunState, node: Walked, mode: WalkMode): readonly Walked[] {
  if (node.kind === "planned") return plannedInside(node.definition, node.path, node.level, node.state, mode);
  const { record } = node;
  if (record.body !== null)
    return childPaths(state, record).map((path) => ({ kind: "record", record: nodeAt(state, path) }));
  if (record.definition === null || record.type === "group") return [];
  return plannedInside(record.definition, record.path, record.level, stateInside(record.state), mode);
}

function plannedInside(
  definition: NodeDefinition,
  around: NodePath,
  level: number,
  state: NodeState,
  mode: WalkMode,
): readonly Planned[] {
  switch (definition.type) {
    case "task":
      return [];
    case "pipeline":
      return plan(definition.nodes, around, level + 1, state, "sequence", 0);
    case "conditional":
      return [
        ...plan(definition.then, around, level + 1, state, "sequence", 0),
        ...plan(definition.else, around, level + 1, state, "sequence", definition.then.length),
      ];
    case "subworkflow":
      return plan(definition.definition.nodes, around, level + 1, state, "graph", 0);
    case "parallel":
      if (definition.forEach === null) return plan(definition.nodes, around, level + 1, state, "graph", 0);
      return mode === "templates" ? plan(definition.nodes, around, level + 2, state, "graph", 0) : [];
    case "loop":
      return mode === "templates" ? plan(definition.nodes, around, level + 2, state, "graph", 0) : [];
  }
}

function plan(
  nodes: readonly NodeDefinition[],
  around: NodePath,
  level: number,
  state: NodeState,
  order: "graph" | "sequence",
  offset: number,
): readonly Planned[] {
  const { dependencies } = order === "graph" ? toGraph(nodes) : toSequence(nodes);
  return nodes.map((definition, index) => ({
    kind: "planned",
    definition,
    path: pathOfNode(around, definition.id),
    level,
    position: offset + index,
    state,
    around,
    dependsOn: (dependencies[index] ?? []).flatMap((one) => {
      const before = nodes[one];
      return before === undefined ? [] : pathOfNode(around, before.id);
    }),
  }));
}

/** The node at a path, existing or planned; undefined where the run has none. */
export function locate(state: RunState, path: NodePath): Walked | undefined {
  const record = findNode(state, path);
  if (record !== undefined) return { kind: "record", record };
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("["));
  if (cut < 0) return undefined;
  // Planned nodes are at most as deep as a definition is.
  const around = locate(state, path.slice(0, cut) as NodePath);
  if (around === undefined) return undefined;
  return childrenOf(state, around, "nodes").find((child) => child.kind === "planned" && child.path === path);
}

/** The state of what is inside a composite that has no children: it waits, or it never was. */
function stateInside(around: NodeState): NodeState {
  switch (around) {
    case "idle":
    case "running":
    case "suspended":
      return "idle";
    case "completed":
    case "skipped":
      return "skipped";
    case "failed":
    case "cancelled":
      return "cancelled";
  }
}
