import type { Json, JsonObject } from "#core/base/json.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { NodeFailure } from "#core/model/run.ts";
import { evaluate, Unevaluable, workflowOf } from "./naive-expression.ts";
import {
  around,
  isFinal,
  isHeld,
  isSequence,
  isStandby,
  type NaiveNode,
  principalsOf,
  type Settled,
} from "./naive-node.ts";
import { expectedAfter, isAllSkipped, judge, judgeLoop, resultOf, startFailure } from "./naive-rules.ts";
import { Violation, checkSame, isDue, type Course, type Told } from "./naive-course.ts";

// How nodes end, and whether they may. Parts of the naive interpreter of naive.ts.

export function endNode(
  course: Course,
  node: NaiveNode,
  state: Settled,
  settled: Settled | null,
  keepsHold: boolean,
): void {
  if (node.live?.purpose === "task") course.ended.add(`${node.path}#${String(node.live.fence)}`);
  node.live = null;
  node.queued = null;
  node.state = state;
  node.settled = settled;
  node.endedSeq = course.seq;
  if (settled !== null) node.isActive = false;
  if (!keepsHold) node.hold = null;
  const keptTimers =
    settled === null && state === "failed" && ["retry", "compensate"].includes(node.after) ? ["total"] : [];
  for (const kind of [...node.timers.keys()]) if (!keptTimers.includes(kind)) node.timers.delete(kind);
}

/** A task ends by itself only with an attempt: each attempt is accepted once. Rule FLEET-5. */
export function checkAccepted(node: NaiveNode, by: string | null, what: string): void {
  if (node.kind !== "task" || by !== null || node.definition?.type !== "task") return;
  if (node.live?.purpose !== "task")
    throw new Violation("FLEET-5", `${node.path} ${what} without an attempt of its own`);
}

export function takeCompleted(course: Course, node: NaiveNode, { value, by, set, outputs }: Told<"completed">): void {
  if (node.state !== "running" && node.state !== "suspended")
    throw new Violation("NODE-1", `${node.path} is completed, but it was ${node.state}`);
  if (node.kind === "task") {
    checkAccepted(node, by, "is completed");
    const key = `${node.path}#${String(node.live?.fence)}`;
    if (by === null && node.live !== null && !course.successes.has(key))
      throw new Violation(
        "FLEET-5",
        `${node.path} is completed, but nobody said so of attempt #${String(node.live.fence)}`,
      );
    setVariables(node, value?.result ?? null, set);
    node.result = value?.result ?? null;
  } else if (by !== null) node.result = value?.result ?? null;
  else {
    checkNoHeldEnd(node);
    checkVerdict(course, node, "complete");
    const isWorkflow = node.kind === "workflow" || node.kind === "subworkflow";
    if (isWorkflow) checkSame("NODE-9", node, "outputs", outputs, { n: node.variables["n"] ?? null });
    node.result = isWorkflow ? outputs : resultOf(node);
  }
  node.after = "none";
  endNode(course, node, "completed", "completed", by === null && node.parent !== null);
  if (by !== null && node.kind !== "task" && node.children.some((child) => !isFinal(child.state)))
    throw new Violation("RUN-7", `${node.path} is completed by hand, and nodes in it go on`);
}

/** `set` writes variables in the order of the log. Rule FILE-9. */
export function setVariables(node: NaiveNode, result: Json, set: JsonObject): void {
  const expected: Record<string, Json> = {};
  const sources = node.definition?.type === "task" ? node.definition.set : {};
  for (const [name, { source }] of Object.entries(sources)) {
    try {
      expected[name] = evaluate(source, node, { result });
    } catch (error) {
      if (error instanceof Unevaluable)
        throw new Violation("FILE-9", `${node.path} is completed, but its "set" cannot be evaluated`);
      throw error;
    }
  }
  checkSame("FILE-9", node, "set", set, expected);
  Object.assign(workflowOf(node).variables, set);
}

export function checkNoHeldEnd(node: NaiveNode): void {
  if (isHeld(node)) throw new Violation("RUN-3", `${node.path} goes on although it is paused`);
  if (node.undoing !== null) throw new Violation("FAULT-4", `${node.path} ends while it is being undone`);
}

export function checkVerdict(course: Course, node: NaiveNode, expected: string): void {
  const verdict = node.kind === "loop" ? judgeLoop(node, course.turn) : judge(node, course.turn);
  if (verdict !== expected)
    throw new Violation(
      node.kind === "loop" ? "NODE-8" : "NODE-6",
      `${node.path} should ${expected}, but ${verdict} was due`,
    );
}

export function takeFailed(
  course: Course,
  node: NaiveNode,
  event: RunEvent,
  { failure, after, by }: Told<"failed">,
): void {
  if (node.state !== "running" && node.state !== "suspended")
    throw new Violation("NODE-1", `${node.path} failed, but it was ${node.state}`);
  checkFailure(course, node, event, failure, by);
  const expected = node.path === "" ? ["none"] : expectedAfter(node, failure);
  if (!expected.includes(after))
    throw new Violation(
      "FAULT-3",
      `${node.path} failed (${failure.code}) and goes on to "${after}", expected ${expected.join(" or ")}`,
    );
  node.after = after;
  node.failure = failure;
  node.undoing = null;
  endNode(course, node, "failed", after === "none" ? "failed" : null, by === null && node.parent !== null);
}

export function checkFailure(
  course: Course,
  node: NaiveNode,
  event: RunEvent,
  failure: NodeFailure,
  by: string | null,
): void {
  if (by !== null) {
    if (failure.code !== "denied" && failure.code !== "expression")
      throw new Violation("RUN-7", `${node.path} is failed by a person with ${failure.code}`);
    return;
  }
  if (node.undoing !== null) {
    const { paths, next, trouble } = node.undoing;
    if (!trouble && next < paths.length) throw new Violation("FAULT-4", `${node.path} fails before all is undone`);
    return;
  }
  if (failure.code === "timeout" && isDue(node, event.time)) return;
  if (node.kind === "task") {
    if (failure.code === "expression") return checkUnevaluable(node);
    return checkAccepted(node, by, "failed");
  }
  checkNoHeldEnd(node);
  if (failure.code === "expression" || failure.code === "input") {
    if (node.kind === "loop" && judgeLoop(node, course.turn) === "expression") return;
    if (startFailure(node) === failure.code) return;
    throw new Violation("FILE-5", `${node.path} failed with ${failure.code}, but it can be evaluated`);
  }
  if (node.kind === "loop") return checkVerdict(course, node, failure.code);
  if (failure.code !== "join" && failure.code !== "child-failed")
    throw new Violation("NODE-6", `${node.path} failed with ${failure.code}`);
  checkVerdict(course, node, "fail");
}

export function checkUnevaluable(node: NaiveNode): void {
  if (startFailure(node) !== null) return;
  const sources = node.definition?.type === "task" ? Object.values(node.definition.set) : [];
  // Its result is not in the log then: what could not be evaluated with some result is believed.
  if (sources.some(({ source }) => source.startsWith("result."))) return;
  throw new Violation("FILE-5", `${node.path} failed with "expression", but it can be evaluated`);
}

export function takeSkipped(course: Course, node: NaiveNode, { cause, by, apart }: Told<"skipped">): void {
  checkSkip(course, node, cause, by, apart !== null);
  node.cause = cause;
  node.after = "none";
  node.result = null;
  endNode(course, node, "skipped", "skipped", false);
}

export function checkSkip(course: Course, node: NaiveNode, cause: string, by: string | null, isApart: boolean): void {
  switch (cause) {
    case "person":
      if (by === null) throw new Violation("RUN-7", `${node.path} is skipped by nobody`);
      return;
    case "standby":
      if (!isStandby(node) || node.isActive)
        throw new Violation("FAULT-3", `${node.path} is skipped as a standby that is not needed`);
      return;
    default:
  }
  if (isApart) {
    if (!node.isApart || node.parent?.state !== "running")
      throw new Violation("NODE-7", `${node.path} is no branch that was not taken`);
    return;
  }
  if (node.state === "running") {
    checkNoHeldEnd(node);
    checkVerdict(course, node, "skip");
    const isByCondition = node.children
      .filter((child) => !child.isApart && !isStandby(child))
      .every((child) => child.cause === "condition");
    return checkSame("NODE-3", node, "cause", cause, isByCondition ? "condition" : "fault");
  }
  if (isHeld(node)) throw new Violation("RUN-3", `${node.path} is skipped although it is paused`);
  if (cause === "fault") {
    if (node.after !== "skip") throw new Violation("FAULT-3", `${node.path} is skipped, though no policy says so`);
    return;
  }
  if (isAllSkipped(node)) return;
  const { definition } = node;
  if (definition?.type === "conditional") {
    const branch = evaluate(definition.if.source, node) === true ? "then" : "else";
    if (definition[branch].length === 0) return;
  }
  throw new Violation("NODE-3", `${node.path} is skipped by a condition, but by none that was seen`);
}

export function takeCancelled(course: Course, node: NaiveNode, { by, fell }: Told<"cancelled">): void {
  if (isFinal(node.state)) throw new Violation("NODE-1", `${node.path} is cancelled, but it was ${node.state}`);
  if (by === null) course.fallen.push(node);
  node.fellInTurn = fell ? course.turn : 0;
  node.fellAlone = !fell && by === null;
  node.after = "none";
  node.undoing = null;
  endNode(course, node, "cancelled", "cancelled", false);
}

/** What fell did so with something around it, or because it can never start. */
export function checkFallen(course: Course): void {
  for (const node of course.fallen) {
    if (node.state !== "cancelled" || course.nodes.get(node.path) !== node) continue;
    const outer = [...around(node)].slice(1);
    if (outer.some((one) => isFinal(one.state) || one.undoing !== null || one.state === "idle")) continue;
    const named = node.parent === null || isSequence(node.parent) ? [] : [...waitedFor(node)];
    if (node.fellAlone && named.some(({ settled }) => settled === "failed" || settled === "cancelled")) continue;
    throw new Violation("RUN-5", `${node.path} was cancelled, though nothing around it ended`);
  }
}

export function waitedFor(node: NaiveNode): readonly NaiveNode[] {
  const others = (node.parent?.children ?? []).filter((other) => node.definition?.dependsOn.includes(other.id));
  return others.flatMap((other) => [other, ...principalsOf(other)]);
}
