import type { RunEvent } from "#core/model/event.ts";
import { createNaiveNode, isFinal, isHeld, type NaiveNode, within } from "./naive-node.ts";
import { toUndo, waitOf } from "./naive-rules.ts";
import { Violation, checkSame, dropChildren, nodeAt, type Course, type Told } from "./naive-course.ts";

// Trying again, alternatives, undoing and pausing. Parts of the naive interpreter of naive.ts.

export function takeAgain(
  course: Course,
  node: NaiveNode,
  event: RunEvent,
  { backoffAt, kept, undone }: Told<"again">,
): void {
  if (isHeld(node)) throw new Violation("RUN-3", `${node.path} tries again although it is paused`);
  if (node.state !== "failed") throw new Violation("NODE-1", `${node.path} tries again, but it is ${node.state}`);
  const next = course.upcoming[0];
  const isSkipping = next?.path === node.path && next.data["kind"] === "skipped" && next.data["cause"] === "fault";
  const expected = undone ? "compensate" : isSkipping ? "skip" : "retry";
  if (node.after !== expected)
    throw new Violation("FAULT-3", `${node.path} tries again (${expected}), its policy says "${node.after}"`);
  if (undone && node.undoing !== null && (node.undoing.trouble || node.undoing.next < node.undoing.paths.length))
    throw new Violation("FAULT-4", `${node.path} tries again before all is undone`);
  if (node.after !== "skip") {
    const [least, most] = waitOf(node);
    const ms = backoffAt === null ? 0 : backoffAt - event.time;
    if (ms < least || ms > most)
      throw new Violation(
        "FAULT-2",
        `${node.path} waits ${String(ms)} ms, expected ${String(least)} to ${String(most)}`,
      );
  }
  const last = node.children.at(-1)?.settled;
  const isIteration = node.kind === "loop" && expected === "retry" && (last === "failed" || last === "cancelled");
  checkSame("NODE-8", node, "kept iterations", kept, isIteration ? node.children.length - 1 : 0);
  dropChildren(course, node, kept);
  if (undone) node.undone += 1;
  if (node.after !== "skip") node.after = "none";
  node.state = "idle";
  node.settled = null;
  node.undoing = null;
  node.isUndone = false;
  node.result = null;
  if (backoffAt !== null) node.timers.set("backoff", { at: backoffAt });
}

export function takeReset(course: Course, node: NaiveNode, { by, keeps, kept }: Told<"reset">): void {
  if (!isFinal(node.state)) throw new Violation("RUN-6", `${node.path} is sent back, but it is ${node.state}`);
  if (by === "") throw new Violation("RUN-7", `${node.path} is sent back by nobody`);
  if (!keeps) dropChildren(course, node, 0);
  else if (kept !== null) dropChildren(course, node, kept);
  const {
    attempt,
    path,
    parent,
    id,
    position,
    kind,
    definition,
    item,
    isApart,
    children,
    shape,
    times,
    inputs,
    variables,
  } = node;
  const fresh = createNaiveNode({ path, parent, id, position, kind, definition, item, isApart, attempt });
  Object.assign(node, fresh, { wasSentBack: true, children, shape, times, inputs, variables });
  if (parent === null) node.state = "running";
}

export function takeResolved(course: Course, node: NaiveNode, { alternative, isResolved }: Told<"resolved">): void {
  const other = nodeAt(course, alternative);
  if (node.state !== "failed" || node.after !== "alternative")
    throw new Violation("FAULT-3", `${node.path} needs no alternative`);
  if (other.settled === null) throw new Violation("FAULT-3", `${alternative} has not ended`);
  checkSame("FAULT-3", node, "resolution", isResolved, other.settled === "completed" || other.settled === "skipped");
  node.after = "none";
  node.settled = isResolved ? "completed" : "failed";
  node.isActive = false;
  if (isResolved) node.result = other.result;
}

export function takeUndoing(node: NaiveNode, { paths }: Told<"undoing">): void {
  checkSame("FAULT-4", node, "what is to be undone", paths, toUndo(node));
  node.undoing = { paths, next: 0, trouble: false };
}

export function takeUndone(course: Course, node: NaiveNode, { principal, failure }: Told<"undone">): void {
  const undoing = nodeAt(course, principal).undoing;
  if (undoing === null || undoing.paths[undoing.next] !== node.path)
    throw new Violation("FAULT-4", `${node.path} is undone out of turn`);
  undoing.next += 1;
  undoing.trouble = failure !== null;
  if (node.live !== null) course.ended.add(`${node.path}#${String(node.live.fence)}`);
  node.live = null;
  node.queued = null;
  course.lostUndoings.delete(node.path);
  if (failure === null) node.isUndone = true;
}

export function takeAbandoned(node: NaiveNode): void {
  if (node.state !== "failed" || node.undoing === null)
    throw new Violation("FAULT-4", `${node.path} is not being undone`);
  node.after = "none";
  node.undoing = null;
  node.settled = "failed";
  node.isActive = false;
}

export function takeHeld(node: NaiveNode, event: RunEvent, { mode }: Told<"held">): void {
  if (isFinal(node.state)) throw new Violation("RUN-3", `${node.path} is paused, but it is ${node.state}`);
  node.hold = mode;
  for (const one of within(node))
    for (const [kind, timer] of one.timers)
      if ("at" in timer) one.timers.set(kind, { left: Math.max(0, timer.at - event.time) });
}

/** So much of the clock did not pass. */
export function takeStepped(node: NaiveNode, ms: number): void {
  for (const [kind, timer] of node.timers) if ("at" in timer) node.timers.set(kind, { at: timer.at + ms });
}

export function takeReleased(node: NaiveNode, event: RunEvent): void {
  if (node.hold === null) throw new Violation("RUN-4", `${node.path} is resumed, but it is not paused`);
  node.hold = null;
  for (const one of within(node))
    for (const [kind, timer] of one.timers)
      if ("left" in timer && !isHeld(one)) one.timers.set(kind, { at: event.time + timer.left });
}
