import { evaluateCondition } from "./condition.ts";
import type { ScopeValues } from "../expression/scope.ts";
import type { ConditionalDefinition } from "../model/workflow.ts";
import type { Opening } from "./opening.ts";

/** A conditional starts with the branch its condition chooses; without that branch it is skipped itself. Rule NODE-7. */
export function openConditional(definition: ConditionalDefinition, scope: ScopeValues): Opening {
  const condition = evaluateCondition("if", definition.if, scope);
  if (!condition.ok) return { kind: "fail", failure: condition.error };
  const branch = condition.value ? "then" : "else";
  const reason = `"if" is ${condition.value}: ${definition.if.source}`;
  if (definition[branch].length === 0) return { kind: "skip", reason };
  return { kind: "open", contents: { shape: "nodes", branch }, reason };
}
