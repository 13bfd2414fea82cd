import { err, ok, type Result } from "../base/result.ts";
import { evaluateExpression } from "../expression/evaluate.ts";
import type { ScopeValues } from "../expression/scope.ts";
import type { NodeFailure } from "../model/run.ts";
import type { Expression } from "../model/workflow.ts";
import { describeType } from "./parallel.ts";

/** An expression that must be true or false; anything else is a failure that names `key`. */
export function evaluateCondition(
  key: string,
  condition: Expression,
  scope: ScopeValues,
): Result<boolean, NodeFailure> {
  const value = evaluateExpression(condition, scope);
  if (!value.ok) return value;
  if (typeof value.value === "boolean") return ok(value.value);
  const message = `"${key}" must be true or false, found ${describeType(value.value)}: ${condition.source}`;
  return err({ code: "expression", message });
}
