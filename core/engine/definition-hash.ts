import type { Json } from "../base/json.ts";
import type { NodeDefinition, WorkflowDefinition } from "../model/workflow.ts";
import { digest, toJson } from "./digest.ts";

/** Only a memo: a definition is never changed and may be large. */
const known = new WeakMap<WorkflowDefinition, string>();

/** The hash of a whole definition: equal ones have equal ones. Rule SNAP-1. */
export function definitionHash(definition: WorkflowDefinition): string {
  const steps = hashDefinition(definition);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** As `definitionHash`, one node a step: a definition may have a hundred thousand. At once where it is known already. */
export function* hashDefinition(definition: WorkflowDefinition): Generator<void, string> {
  const before = known.get(definition);
  if (before !== undefined) return before;
  const nodes = yield* hashAll(definition.nodes);
  const hash = digest(toJson({ ...definition, nodes }));
  known.set(definition, hash);
  return hash;
}

function* hashAll(nodes: readonly NodeDefinition[]): Generator<void, readonly string[]> {
  const hashes: string[] = [];
  for (const node of nodes) {
    hashes.push(digest(yield* withoutNodes(node)));
    yield;
  }
  return hashes;
}

/** A node with the hashes of the nodes in it in their place. */
function* withoutNodes(node: NodeDefinition): Generator<void, Json> {
  switch (node.type) {
    case "task":
      return toJson(node);
    case "conditional":
      return toJson({ ...node, then: yield* hashAll(node.then), else: yield* hashAll(node.else) });
    case "subworkflow":
      return toJson({ ...node, definition: yield* hashDefinition(node.definition) });
    case "pipeline":
    case "parallel":
    case "loop":
      return toJson({ ...node, nodes: yield* hashAll(node.nodes) });
  }
}
