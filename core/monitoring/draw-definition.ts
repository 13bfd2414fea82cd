import type { NodeDefinition, WorkflowDefinition } from "../model/workflow.ts";
import type { DrawnEdge, DrawnNode, Drawing } from "./drawing.ts";

/** A definition as a drawing: subworkflows written out, the two sides of a conditional as branches. */
export function toDefinitionDrawing(definition: WorkflowDefinition): Drawing {
  let count = 0;
  const nextKey = (): string => `n${count++}`;

  function drawAll(nodes: readonly NodeDefinition[], parent: string, isSequence: boolean): readonly DrawnNode[] {
    const keys = new Map(nodes.map((node) => [node.id, nextKey()]));
    const principals = toPrincipals(nodes);
    return nodes.map((node, index) => {
      const before = nodes[index - 1];
      const previous = isSequence && before !== undefined && node.dependsOn.length === 0 ? [before.id] : [];
      const after = [...node.dependsOn, ...previous].map((id): DrawnEdge => ({
        from: keys.get(id) ?? "",
        kind: "after",
      }));
      const instead = (principals.get(node.id) ?? []).map((id): DrawnEdge => ({
        from: keys.get(id) ?? "",
        kind: "instead",
      }));
      const edges = [...after, ...instead].filter((edge) => edge.from !== "");
      return draw(node, keys.get(node.id) ?? nextKey(), parent === "" ? node.id : `${parent}/${node.id}`, edges);
    });
  }

  function draw(node: NodeDefinition, key: string, path: string, edges: readonly DrawnEdge[]): DrawnNode {
    const label = node.label === "" ? node.id : node.label;
    return {
      key,
      path,
      type: node.type,
      label,
      detail: describe(node),
      state: null,
      edges,
      nodes: drawChildren(node, path),
    };
  }

  function drawChildren(node: NodeDefinition, path: string): readonly DrawnNode[] {
    switch (node.type) {
      case "task":
        return [];
      case "conditional":
        return [...drawBranch("then", node.then, path), ...drawBranch("else", node.else, path)];
      case "subworkflow":
        return drawAll(node.definition.nodes, path, false);
      default:
        return drawAll(node.nodes, path, node.type === "pipeline");
    }
  }

  function drawBranch(label: string, nodes: readonly NodeDefinition[], path: string): readonly DrawnNode[] {
    if (nodes.length === 0) return [];
    return [
      {
        key: nextKey(),
        path,
        type: "branch",
        label,
        detail: null,
        state: null,
        edges: [],
        nodes: drawAll(nodes, path, true),
      },
    ];
  }

  return { kind: "definition", workflow: definition.name, state: null, nodes: drawAll(definition.nodes, "", false) };
}

/** In whose place each standby runs. */
function toPrincipals(nodes: readonly NodeDefinition[]): ReadonlyMap<string, readonly string[]> {
  const principals = new Map<string, string[]>();
  for (const { id, fault } of nodes) {
    if (fault.then.kind !== "runAlternative" || fault.then.id === id) continue;
    const known = principals.get(fault.then.id);
    if (known === undefined) principals.set(fault.then.id, [id]);
    else known.push(id);
  }
  return principals;
}

function describe(node: NodeDefinition): string {
  switch (node.type) {
    case "task":
      return node.action.kind;
    case "pipeline":
      return "pipeline";
    case "parallel":
      return node.forEach === null ? "parallel" : `for each of ${node.forEach.source}`;
    case "conditional":
      return `if ${node.if.source}`;
    case "loop":
      return describeLoop(node.repeat);
    case "subworkflow":
      return `workflow ${node.workflow}`;
  }
}

function describeLoop(repeat: Extract<NodeDefinition, { readonly type: "loop" }>["repeat"]): string {
  if (repeat.kind !== "times") return `${repeat.kind} ${repeat.condition.source}`;
  return `${typeof repeat.times === "number" ? repeat.times : repeat.times.source} times`;
}
