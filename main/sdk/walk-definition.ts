import type { NodeDefinition, TaskDefinition, WorkflowDefinition } from "#core/model/workflow.ts";

/** Every node of a workflow and of the workflows in it, each with its ids from the top: `a/b`. */
export function* everyNode(workflow: WorkflowDefinition, around = ""): Iterable<readonly [string, NodeDefinition]> {
  const pending = workflow.nodes.map((node) => toEntry(around, node)).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    const [path, node] = next;
    pending.push(
      ...childrenOf(node)
        .map((child) => toEntry(path, child))
        .reverse(),
    );
  }
}

export function* everyTask(workflow: WorkflowDefinition): Iterable<readonly [string, TaskDefinition]> {
  for (const [path, node] of everyNode(workflow)) if (node.type === "task") yield [path, node];
}

function toEntry(around: string, node: NodeDefinition): readonly [string, NodeDefinition] {
  return [around === "" ? node.id : `${around}/${node.id}`, node];
}

function childrenOf(node: NodeDefinition): readonly NodeDefinition[] {
  switch (node.type) {
    case "task":
      return [];
    case "conditional":
      return [...node.then, ...node.else];
    case "subworkflow":
      return node.definition.nodes;
    case "pipeline":
    case "parallel":
    case "loop":
      return node.nodes;
  }
}
