import type { NodeDefinition, WorkflowDefinition } from "../model/workflow.ts";

/** How far a list of nodes reaches: levels of nodes, and characters of the longest path, with the numbers of items and iterations. */
export interface Extent {
  readonly levels: number;
  readonly pathLength: number;
}

const NOTHING: Extent = { levels: 0, pathLength: 0 };
/** `[99999]`: items of a `forEach` count from 0, and there are at most 100,000. */
const ITEM_LENGTH = "[99999]".length;

/** Only a memo: a workflow may be used in many places, and these in many more. */
const measured = new WeakMap<WorkflowDefinition, Extent>();

/** The extent of a whole workflow, its subworkflows included. Looks at each definition once. */
export function measureWorkflow(definition: WorkflowDefinition): Extent {
  let extent = measured.get(definition);
  if (extent === undefined) measured.set(definition, (extent = measureNodes(definition.nodes)));
  return extent;
}

function measureNodes(nodes: readonly NodeDefinition[]): Extent {
  let extent = NOTHING;
  for (const node of nodes) {
    const inside = insideOf(node);
    const length = node.id.length + groupLength(node) + (inside.levels > 0 ? 1 + inside.pathLength : 0);
    extent = larger(extent, { levels: 1 + inside.levels, pathLength: length });
  }
  return extent;
}

function insideOf(node: NodeDefinition): Extent {
  switch (node.type) {
    case "task":
      return NOTHING;
    case "conditional":
      return larger(measureNodes(node.then), measureNodes(node.else));
    case "subworkflow":
      return measureWorkflow(node.definition);
    default:
      return measureNodes(node.nodes);
  }
}

/** What the number of an item or an iteration adds to a path. Rule FILE-2. */
function groupLength(node: NodeDefinition): number {
  if (node.type === "loop") return `[${node.maxIterations}]`.length;
  return node.type === "parallel" && node.forEach !== null ? ITEM_LENGTH : 0;
}

function larger(a: Extent, b: Extent): Extent {
  return { levels: Math.max(a.levels, b.levels), pathLength: Math.max(a.pathLength, b.pathLength) };
}
