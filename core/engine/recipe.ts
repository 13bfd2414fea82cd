import type { Json } from "../base/json.ts";
import { renderText } from "../expression/evaluate.ts";
import type { NodeDefinition, WorkflowDefinition } from "../model/workflow.ts";
import type { AttemptPlan } from "../nodes/attempt-plan.ts";
import { digest, toJson } from "./digest.ts";
import { parentOf, pathOfNode } from "./records.ts";
import { scopeOf } from "./scope.ts";
import type { NodeRecord, RunState, Settlement } from "./state.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";

/**
 * What a task does: all that can decide its result, every expression resolved, files of other nodes by their content. Names, order
 * and what is done about failures are no part of it. Rule SNAP-5.
 */
export function recipeOfPlan(plan: AttemptPlan): string {
  const { action, result, environment, filesIn, globs, filesOut, needs } = plan;
  const files = filesIn.map(({ name, sha256 }) => [name, sha256]);
  return digest(toJson({ action, result, environment, files, globs, filesOut, needs }));
}

/** What an approval asks. */
export function recipeOfQuestion(question: string): string {
  return digest({ question });
}

/** The recipe of an approval that is about to start in this state; null when its question cannot be put together. */
export function recipeOfApproval(state: RunState, record: NodeRecord): string | null {
  const { definition } = record;
  if (definition?.type !== "task" || definition.action.kind !== "approve") return null;
  const question = renderText(definition.action.question, scopeOf(state, record));
  return question.ok ? recipeOfQuestion(question.value) : null;
}

/** What a person said something about stays the same as long as its definition does, and its item. */
export function recipeByHand({ type, definition, item }: NodeRecord): string {
  return digest(["by hand", type, definition === null ? null : toJson(definition), item]);
}

/** The policies that made the run go on without a node that failed: its own and those of everything around it. */
export function contextOf(state: RunState, record: NodeRecord): string {
  const context: Json[] = [state.definition.onFailure];
  for (let around: NodeRecord | undefined = record; around !== undefined; around = parentOf(state, around)) {
    const { definition, type } = around;
    if (definition === null || type === "group") continue;
    const join = definition.type === "parallel" ? toJson(definition.join) : null;
    context.push([type, toJson(definition.fault), join]);
  }
  return digest(context);
}

/** How a node ended that is no task, or a task that did nothing: what others can see of it. */
export function endDigest(record: NodeRecord, settlement: Settlement): string {
  const { state, type, body, result, files } = record;
  if (settlement !== "completed" || type === "task") return state;
  const names = files.map(({ name, sha256 }) => [name, sha256]);
  return digest([state, body?.branch ?? null, body?.count ?? null, result, names]);
}

/** An item of a `forEach`, short: what is done for it has its own recipe. */
export function itemMark(item: Json): string {
  return digest(item).slice(0, ITEM_MARK_LENGTH);
}

const ITEM_MARK_LENGTH = 16;

/** Every place that a definition has. */
export function placesIn(definition: WorkflowDefinition): ReadonlySet<string> {
  const places = new Set<string>();
  const pending: { readonly nodes: readonly NodeDefinition[]; readonly around: NodePath }[] = [
    { nodes: definition.nodes, around: RUN_PATH },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop())
    for (const node of next.nodes) {
      const path = pathOfNode(next.around, node.id);
      places.add(path);
      for (const nodes of nodesIn(node)) pending.push({ nodes, around: path });
    }
  return places;
}

function nodesIn(node: NodeDefinition): readonly (readonly NodeDefinition[])[] {
  switch (node.type) {
    case "task":
      return [];
    case "conditional":
      return [node.then, node.else];
    case "subworkflow":
      return [node.definition.nodes];
    case "pipeline":
    case "parallel":
    case "loop":
      return [node.nodes];
  }
}
