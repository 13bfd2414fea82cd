import { evaluateExpression } from "../expression/evaluate.ts";
import type { ScopeValues } from "../expression/scope.ts";
import type { NodeFailure } from "../model/run.ts";
import type { LoopDefinition } from "../model/workflow.ts";
import { evaluateCondition } from "./condition.ts";
import { failureOfChild, type Fall, type Opening } from "./opening.ts";
import { describeType } from "./parallel.ts";

/** A loop starts with no iteration; `nextOfLoop` says whether there is one. Rule NODE-8. */
export function openLoop(definition: LoopDefinition, scope: ScopeValues): Opening {
  const { repeat } = definition;
  if (repeat.kind !== "times") return opened(null);
  if (typeof repeat.times === "number") return opened(repeat.times);
  const times = evaluateExpression(repeat.times, scope);
  if (!times.ok) return { kind: "fail", failure: times.error };
  if (typeof times.value === "number" && Number.isInteger(times.value) && times.value >= 0) return opened(times.value);
  const message = `"times" must be a whole number, found ${describeType(times.value)}: ${repeat.times.source}`;
  return { kind: "fail", failure: { code: "expression", message } };
}

/** What a loop does when none of its iterations is under way. */
export type NextOfLoop =
  | { readonly kind: "iterate"; readonly reason: string }
  | { readonly kind: "complete"; readonly reason: string }
  | { readonly kind: "fail"; readonly failure: NodeFailure };

/**
 * Whether there is another iteration after `done` of them. `while` is asked before each, `until` after each. `fall` is that of the last
 * iteration, if it did not end well; `scope` is the loop's own with `iteration` and `previous` of the last one.
 */
export function nextOfLoop(
  definition: LoopDefinition,
  done: number,
  times: number | null,
  fall: Fall | null,
  scope: ScopeValues,
): NextOfLoop {
  if (fall !== null) return { kind: "fail", failure: failureOfChild(fall) };
  const more = wantsMore(definition, done, times, scope);
  if (more.kind !== "iterate" || done < definition.maxIterations) return more;
  const message = `${done} iterations are done, as many as "maxIterations" allows, and it is not at its end`;
  return { kind: "fail", failure: { code: "max-iterations", message } };
}

function wantsMore(definition: LoopDefinition, done: number, times: number | null, scope: ScopeValues): NextOfLoop {
  const { repeat } = definition;
  if (repeat.kind === "times") {
    const wanted = times ?? 0;
    if (done >= wanted) return { kind: "complete", reason: `all ${wanted} iterations are done` };
    return { kind: "iterate", reason: `iteration ${done + 1} of ${wanted}` };
  }
  if (repeat.kind === "until" && done === 0) return { kind: "iterate", reason: "the first iteration" };
  const condition = evaluateCondition(repeat.kind, repeat.condition, scope);
  if (!condition.ok) return { kind: "fail", failure: condition.error };
  const text = `"${repeat.kind}" is ${condition.value} after ${done} iterations: ${repeat.condition.source}`;
  return condition.value === (repeat.kind === "while")
    ? { kind: "iterate", reason: text }
    : { kind: "complete", reason: text };
}

function opened(times: number | null): Opening {
  return { kind: "open", contents: { shape: "iterations", times }, reason: "its iterations begin" };
}
