import type { Json } from "#core/base/json.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { LoopDefinition, SubworkflowDefinition } from "#core/model/workflow.ts";
import { evaluate } from "./naive-expression.ts";
import { around, isHeld, type NaiveNode } from "./naive-node.ts";
import { judgeLoop, startFailure, whyNotStart, withOf } from "./naive-rules.ts";
import { Violation, checkSame, endsAtOnce, openNode, setTimer, type Course, type Told } from "./naive-course.ts";

// What may start, and what becomes of an attempt until it ends. Parts of the naive interpreter of naive.ts.

export function checkStart(node: NaiveNode, time: number): void {
  if (isHeld(node)) throw new Violation("RUN-3", `${node.path} starts although it is paused`);
  const why = whyNotStart(node);
  if (why !== null) throw new Violation("NODE-3", `${node.path} starts, but ${why}`);
  checkBackoff(node, time);
}

export function checkBackoff(node: NaiveNode, time: number): void {
  const backoff = node.timers.get("backoff");
  if (backoff === undefined) return;
  if (!("at" in backoff) || backoff.at > time)
    throw new Violation(
      "FAULT-2",
      `${node.path} starts before its wait is over: ${JSON.stringify(backoff)} at ${String(time)}`,
    );
}

export function beginNode(node: NaiveNode, isNewAttempt: boolean): void {
  node.state = "running";
  if (node.parent !== null) node.isActive = true;
  node.timers.delete("backoff");
  if (!isNewAttempt) return;
  node.attempt += 1;
  node.tries += 1;
}

export function takeStarted(
  course: Course,
  node: NaiveNode,
  event: RunEvent,
  { contents, timeoutAt, totalAt }: Told<"started">,
): void {
  if (node.path === "" || contents?.shape === "kept") {
    if (node.path !== "" && node.state !== "idle")
      throw new Violation("RUN-6", `${node.path} is restarted, but it is ${node.state}`);
    return beginNode(node, false);
  }
  const isEnding = endsAtOnce(course, node);
  const isApproval =
    node.definition?.type === "task" && node.definition.action.kind === "approve" && node.kind === "task";
  if (!isEnding) {
    checkStart(node, event.time);
    const failure = startFailure(node);
    if (contents === null && !isApproval && failure === null)
      throw new Violation("FILE-5", `${node.path} could not begin, for no reason`);
    if (contents !== null && failure !== null) throw new Violation("FILE-5", `${node.path} begins, but ${failure}`);
  }
  const { timeoutMs = null, totalTimeoutMs = null } = node.kind === "group" ? {} : (node.definition?.fault ?? {});
  if (!isEnding && (contents !== null || isApproval)) {
    setTimer(node, "timeout", timeoutAt, timeoutMs, event.time);
    setTimer(node, "total", totalAt, node.timers.has("total") ? null : totalTimeoutMs, event.time);
  }
  beginNode(node, true);
  if (contents === null) return;
  // A loop goes on at the iteration that failed.
  if (node.kind === "loop" && node.children.length > 0) return;
  if (node.children.some((child) => !child.isApart))
    throw new Violation("FAULT-1", `${node.path} starts with old children`);
  switch (contents.shape) {
    case "nodes":
      checkBranch(node, contents.branch);
      return openNode(course, node, "nodes", contents.branch, null);
    case "items":
      checkSame("NODE-5", node, "items", contents.items, itemsOf(node));
      return openNode(course, node, "items", null, contents.items);
    case "iterations":
      node.times = contents.times;
      checkSame("NODE-8", node, "times", contents.times, timesOf(node));
      return openNode(course, node, "iterations", null, null);
    case "workflow": {
      const { definition } = node.definition as SubworkflowDefinition;
      checkSame(
        "NODE-9",
        node,
        "inputs",
        contents.inputs,
        withOf(node) === undefined ? {} : { k: withOf(node) ?? null },
      );
      openNode(course, node, "workflow", null, null);
      node.inputs = contents.inputs;
      node.variables = { ...definition.variables };
    }
  }
}

export function itemsOf({ definition, ...node }: NaiveNode): Json {
  const source = definition?.type === "parallel" ? definition.forEach?.source : undefined;
  return source === undefined ? null : evaluate(source, { ...node, definition });
}

export function timesOf(node: NaiveNode): Json {
  const { repeat } = node.definition as LoopDefinition;
  if (repeat.kind !== "times") return null;
  return typeof repeat.times === "number" ? repeat.times : evaluate(repeat.times.source, node);
}

export function checkBranch(node: NaiveNode, branch: "then" | "else" | null): void {
  if (node.kind !== "conditional" || node.definition?.type !== "conditional")
    return checkSame("NODE-7", node, "branch", branch, null);
  const expected = evaluate(node.definition.if.source, node) === true ? "then" : "else";
  checkSame("NODE-7", node, "branch", branch, expected);
  if (node.definition[expected].length === 0) throw new Violation("NODE-7", `${node.path} begins an empty branch`);
}

export function takeIterated(course: Course, group: NaiveNode): void {
  const loop = group.parent;
  if (loop === null || loop.state !== "running")
    throw new Violation("NODE-8", `${group.path} comes into being in no running loop`);
  if (isHeld(loop)) throw new Violation("RUN-3", `${group.path} starts although its loop is paused`);
  loop.children.pop();
  const verdict = judgeLoop(loop, -1);
  if (verdict !== "iterate") throw new Violation("NODE-8", `${group.path} begins, but ${verdict} was due`);
  loop.children.push(group);
  const why = whyNotStart(group);
  if (why !== null) throw new Violation("NODE-8", `${group.path} begins, but ${why}`);
  beginNode(group, true);
  openNode(course, group, "nodes", null, null);
}

export function takeQueued(node: NaiveNode, event: RunEvent, { plan, purpose, totalAt }: Told<"queued">): void {
  if (node.queued !== null || node.live !== null) throw new Violation("FLEET-5", `${node.path} is queued twice`);
  checkSame("FAULT-1", node, "attempt", plan.attempt, node.attempt + 1);
  if (purpose === "compensation") checkCompensation(node);
  else {
    checkStart(node, event.time);
    if (startFailure(node) !== null)
      throw new Violation("FILE-5", `${node.path} is queued, but it cannot be evaluated`);
    const total = node.definition?.fault.totalTimeoutMs ?? null;
    setTimer(node, "total", totalAt, node.timers.has("total") ? null : total, event.time);
    node.isActive = true;
    node.timers.delete("backoff");
  }
  node.queued = purpose;
}

export function checkCompensation(node: NaiveNode): void {
  const principal = [...around(node)].find((outer) => outer.undoing !== null);
  if (principal?.undoing == null) throw new Violation("FAULT-4", `${node.path} is undone for nobody`);
  // A task that is paused itself joins the queue and waits there.
  if (isHeld(principal)) throw new Violation("RUN-3", `${node.path} is undone although it is paused`);
  const next = principal.undoing.paths[principal.undoing.next];
  if (next !== node.path)
    throw new Violation("FAULT-4", `${node.path} is undone, but it is the turn of ${String(next)}`);
}

export function takeAssigned(course: Course, node: NaiveNode, { agent, fence }: Told<"assigned">): void {
  const { queued } = node;
  if (queued === null) throw new Violation("FLEET-5", `${node.path} is assigned but not queued`);
  if (isHeld(node)) throw new Violation("RUN-3", `${node.path} is given to an agent although it is paused`);
  if (fence <= course.fence) throw new Violation("FLEET-5", `fence ${String(fence)} of ${node.path} does not rise`);
  course.fence = fence;
  course.assigned.add(`${node.path}#${String(fence)}`);
  const isAgain = node.state === "suspended";
  node.queued = null;
  node.live = { fence, agent, purpose: queued, isSuspended: false };
  if (queued === "compensation") {
    if (!isReplacement(course, node)) node.attempt += 1;
    return;
  }
  node.state = "running";
  if (isAgain) return;
  node.attempt += 1;
  node.tries += 1;
}

/** A compensation that lost its agent keeps its number. */
export function isReplacement(course: Course, node: NaiveNode): boolean {
  return course.lostUndoings.delete(node.path);
}

export function takeSuspended(node: NaiveNode, isSuspended: boolean): void {
  if (node.live === null || node.live.isSuspended === isSuspended)
    throw new Violation("RUN-3", `${node.path} cannot become suspended ${String(isSuspended)}`);
  node.live.isSuspended = isSuspended;
  if (node.live.purpose === "task") node.state = isSuspended ? "suspended" : "running";
}

export function takeLost(course: Course, node: NaiveNode, { agent }: Told<"lost">): void {
  if (node.live?.agent !== agent)
    throw new Violation("FAULT-5", `${node.path} is not on ${agent} and cannot be lost there`);
  const limit = node.definition?.fault.lossLimit ?? 0;
  if (node.losses >= limit)
    throw new Violation("FAULT-5", `${node.path} is lost more often than ${String(limit)} times`);
  node.losses += 1;
  node.queued = node.live.purpose;
  if (node.live.purpose === "task") node.state = "suspended";
  else course.lostUndoings.add(node.path);
  node.live = null;
}
