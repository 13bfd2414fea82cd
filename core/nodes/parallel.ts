import type { JoinPolicy, ParallelDefinition } from "../model/workflow.ts";
import { evaluateExpression } from "../expression/evaluate.ts";
import type { ScopeValues } from "../expression/scope.ts";
import { countOpen, type Fall, type Opening, type Tally, type Verdict } from "./opening.ts";

/** Items of one `forEach`. */
export const MAX_ITEMS = 100_000;

/** A parallel starts with all of its nodes, or with one group for each item of its list. Rule NODE-5. */
export function openParallel(definition: ParallelDefinition, scope: ScopeValues): Opening {
  if (definition.forEach === null)
    return { kind: "open", contents: { shape: "nodes", branch: null }, reason: "its nodes run at once" };
  const list = evaluateExpression(definition.forEach, scope);
  if (!list.ok) return { kind: "fail", failure: list.error };
  if (!Array.isArray(list.value))
    return fail(`"forEach" must yield a list, found ${describeType(list.value)}: ${definition.forEach.source}`);
  const items: readonly (typeof list.value)[] = list.value;
  if (items.length > MAX_ITEMS) return fail(`"forEach" takes at most ${MAX_ITEMS} items, found ${items.length}`);
  return { kind: "open", contents: { shape: "items", items }, reason: `one group for each of ${items.length} items` };
}

/** What the ends of its children mean under the join policy. Skipped ones leave the denominator. Rule NODE-6. */
export function judgeParallel(join: JoinPolicy, tally: Tally, fall: Fall | null): Verdict {
  if (tally.total === 0) return { kind: "complete", reason: "it has no children" };
  const counted = tally.total - tally.skipped;
  if (counted === 0) return { kind: "skip", reason: "all its children were skipped" };
  const open = countOpen(tally);
  const needed = threshold(join, counted);
  if (tally.completed >= needed) {
    if (open > 0 && join.rest === "finish") return { kind: "wait" };
    return { kind: "complete", reason: `${tally.completed} of ${counted} children completed, ${needed} were needed` };
  }
  if (tally.completed + open >= needed) return { kind: "wait" };
  const cause = fall === null ? "" : `; "${fall.id}": ${fall.failure.message}`;
  const message = `${needed} of ${counted} children had to complete, ${tally.completed + open} still could${cause}`;
  return { kind: "fail", failure: { code: "join", message } };
}

/** How many of `counted` children must complete; `counted` is at least 1. */
export function threshold(join: JoinPolicy, counted: number): number {
  switch (join.threshold.kind) {
    case "all":
      return counted;
    case "any":
      return 1;
    case "count":
      return join.threshold.count;
    case "percent":
      // A product such as 0.07 * 100 comes out a hair above the whole number it stands for.
      return Math.ceil((join.threshold.percent * counted) / 100 - 1e-9);
  }
}

function fail(message: string): Opening {
  return { kind: "fail", failure: { code: "expression", message } };
}

/** What a value is, for people. */
export function describeType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `${typeof value} ${JSON.stringify(value)?.slice(0, 80)}`;
}
