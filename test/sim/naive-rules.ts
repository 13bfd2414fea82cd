import type { Json } from "#core/base/json.ts";
import type { NodeFailure } from "#core/model/run.ts";
import type { FaultPolicy, LoopDefinition, ParallelDefinition } from "#core/model/workflow.ts";
import { evaluate, Unevaluable } from "./naive-expression.ts";
import {
  around,
  counted,
  dependenciesOf,
  isDone,
  isStandby,
  type NaiveNode,
  namedBy,
  principalsOf,
  within,
} from "./naive-node.ts";

// What the rules say of a node, each read off the pages of docs/spec.

export type Verdict = "wait" | "complete" | "fail" | "skip";

/** Why a node may not start now, or null. Rules NODE-3, NODE-4, NODE-5, FAULT-3, RUN-3. */
export function whyNotStart(node: NaiveNode): string | null {
  const { parent } = node;
  if (parent === null) return null;
  if (node.state !== "idle") return `it is ${node.state}`;
  for (const outer of around(parent)) {
    if (outer.state !== "running") return `${outer.path} around it is ${outer.state}`;
    if (outer.undoing !== null) return `${outer.path} around it is being undone`;
  }
  if (isStandby(node) && !node.wasSentBack) {
    const needed = principalsOf(node).some(({ state, after }) => state === "failed" && after === "alternative");
    if (!needed) return "nobody needs it";
  }
  const open = dependenciesOf(node).filter((dependency) => !isDone(dependency));
  if (open.length > 0) return `it waits for ${open.map(({ path, state }) => `${path} (${state})`).join(", ")}`;
  return isAllSkipped(node) ? "conditions skipped all it depends on" : whyNoPlace(node);
}

/** Rule NODE-5, `maxConcurrency`. */
export function whyNoPlace(node: NaiveNode): string | null {
  const { parent } = node;
  if (parent?.kind !== "parallel" || node.isActive || isStandby(node)) return null;
  const limit = (parent.definition as ParallelDefinition).maxConcurrency;
  const active = counted(parent).filter((child) => child.isActive).length;
  return limit !== null && active >= limit
    ? `${String(active)} of its siblings run, at most ${String(limit)} may`
    : null;
}

/** Rule NODE-3: if all its dependencies are skipped by a condition it is skipped too. */
export function isAllSkipped(node: NaiveNode): boolean {
  const named = namedBy(node);
  return named.length > 0 && named.every(({ state, cause }) => state === "skipped" && cause === "condition");
}

/**
 * What the ends of its children mean for a composite. `turn`: what fell in it did so because of the end that is being judged.
 * Rules NODE-4, NODE-6.
 */
export function judge(node: NaiveNode, turn: number): Verdict {
  const children = counted(node);
  const ends = children.map((child) => (child.fellInTurn === turn ? null : child.settled));
  const count = (settled: string | null): number => ends.filter((end) => end === settled).length;
  if (node.kind === "parallel") return judgeJoin(node.definition as ParallelDefinition, children.length, count);
  if (count("failed") + count("cancelled") > 0) return "fail";
  if (count(null) > 0) return "wait";
  const isEmpty = children.length > 0 && count("skipped") === children.length;
  return isEmpty && node.kind !== "workflow" && node.kind !== "subworkflow" ? "skip" : "complete";
}

function judgeJoin({ join }: ParallelDefinition, total: number, count: (settled: string | null) => number): Verdict {
  if (total === 0) return "complete";
  const denominator = total - count("skipped");
  if (denominator === 0) return "skip";
  const needed = {
    all: denominator,
    any: 1,
    count: join.threshold.kind === "count" ? join.threshold.count : 0,
    percent: join.threshold.kind === "percent" ? Math.ceil((denominator * join.threshold.percent) / 100) : 0,
  }[join.threshold.kind];
  const completed = count("completed");
  if (completed >= needed) return join.rest === "finish" && count(null) > 0 ? "wait" : "complete";
  return completed + count(null) < needed ? "fail" : "wait";
}

export type LoopVerdict = "wait" | "iterate" | "complete" | "child-failed" | "max-iterations" | "expression";

/** What a loop does next. Rule NODE-8. */
export function judgeLoop(node: NaiveNode, turn: number): LoopVerdict {
  const { repeat, maxIterations } = node.definition as LoopDefinition;
  const done = node.children.length;
  const last = node.children.at(-1);
  const end = last?.fellInTurn === turn ? null : (last?.settled ?? null);
  if (last !== undefined && end === null) return "wait";
  if (end === "failed" || end === "cancelled") return "child-failed";
  if (repeat.kind === "times") return done < (node.times ?? 0) ? atMost(done, maxIterations) : "complete";
  if (repeat.kind === "until" && done === 0) return atMost(done, maxIterations);
  try {
    const value = evaluate(repeat.condition.source, node, { iteration: done });
    if (typeof value !== "boolean") return "expression";
    return value === (repeat.kind === "while") ? atMost(done, maxIterations) : "complete";
  } catch (error) {
    if (error instanceof Unevaluable) return "expression";
    throw error;
  }
}

function atMost(done: number, most: number): LoopVerdict {
  return done < most ? "iterate" : "max-iterations";
}

/** Rule NODE-12, of composites without `outputs`. */
export function resultOf(node: NaiveNode): Json {
  const children = counted(node);
  const completed = children.filter(({ settled }) => settled === "completed");
  if (node.shape === "items") return completed.map(({ result }) => result);
  if (node.kind === "parallel") return Object.fromEntries(completed.map(({ id, result }) => [id, result]));
  return children.at(-1)?.result ?? null;
}

/** Failures that would only come again. */
const NEVER_AGAIN = new Set(["expression", "input", "denied", "max-iterations", "stuck"]);

/** What a failed node may go on to: one of these. Rules FAULT-1, FAULT-3. */
export function expectedAfter(node: NaiveNode, failure: NodeFailure): readonly string[] {
  if (node.definition === null || node.kind === "group") return ["none"];
  const { fault } = node.definition;
  const isTroubled = node.undoing?.trouble === true;
  const again = afterOf(node, fault, true);
  const never = afterOf(node, fault, false);
  if (NEVER_AGAIN.has(failure.code) || isTroubled) return [never];
  if (failure.code === "timeout" && fault.totalTimeoutMs !== null) return [again, never];
  return [again];
}

function afterOf(node: NaiveNode, fault: FaultPolicy, mayRetry: boolean): string {
  if (mayRetry && node.tries <= fault.retry) return "retry";
  switch (fault.then.kind) {
    case "abort":
      return "none";
    case "skip":
      return "skip";
    case "runAlternative":
      return "alternative";
    case "compensateAndRetry":
      return mayRetry && node.undone < fault.then.times ? "compensate" : "none";
  }
}

/** Least and most wait before the next attempt. Rule FAULT-2. */
export function waitOf(node: NaiveNode): readonly [number, number] {
  const backoff = node.definition?.fault.backoff;
  switch (backoff?.type) {
    case "fixed":
      return [backoff.delayMs, backoff.delayMs];
    case "exponential": {
      const ms = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (node.tries - 1));
      return [Math.round(ms), Math.round(ms)];
    }
    case "random":
      return [backoff.minMs, backoff.maxMs];
    default:
      return [0, 0];
  }
}

/** What is to be undone for the sake of a node, newest first. Rule FAULT-4. */
export function toUndo(node: NaiveNode): readonly string[] {
  const found = [...within(node)].filter(
    (one) =>
      one.definition?.type === "task" &&
      one.kind === "task" &&
      one.definition.compensate !== null &&
      !one.isUndone &&
      (one.state === "completed" || one === node),
  );
  return found.sort((a, b) => b.endedSeq - a.endedSeq).map(({ path }) => path);
}

/** Whether a node fails as soon as it would start, and with which code. */
export function startFailure(node: NaiveNode): string | null {
  const { definition, kind } = node;
  if (definition === null || kind === "group") return null;
  try {
    switch (definition.type) {
      case "task":
        return definition.action.kind === "run" && definition.action.script.source.includes("1 / 0")
          ? "expression"
          : null;
      case "conditional":
        return typeof evaluate(definition.if.source, node) === "boolean" ? null : "expression";
      case "parallel":
        if (definition.forEach === null) return null;
        return Array.isArray(evaluate(definition.forEach.source, node)) ? null : "expression";
      case "subworkflow": {
        const value = withOf(node);
        return value === undefined || Number.isInteger(value) ? null : "input";
      }
      default:
        return null;
    }
  } catch (error) {
    if (error instanceof Unevaluable) return "expression";
    throw error;
  }
}

/** What a subworkflow is given as `k`. */
export function withOf(node: NaiveNode): Json | undefined {
  const given = node.definition?.type === "subworkflow" ? node.definition.with["k"] : undefined;
  if (given === undefined || given === null || typeof given !== "object") return given;
  return "source" in given ? evaluate(given.source.slice(3, -3), node) : undefined;
}
