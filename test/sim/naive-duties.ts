import {
  alternativeOf,
  dependenciesOf,
  isDone,
  isFinal,
  isHeld,
  isStandby,
  type NaiveNode,
  within,
} from "./naive-node.ts";
import { isAllSkipped, judge, judgeLoop, whyNoPlace, whyNotStart } from "./naive-rules.ts";

interface Duty {
  readonly rule: string;
  readonly message: string;
}

/** What ought to have happened by the end of a turn and did not: the first, or null. Nothing is due in what is paused. */
export function dutiesOf(root: NaiveNode, turn: number): Duty | null {
  if (root.state === "idle") return null;
  const over = isFinal(root.state) ? leftIn(root) : null;
  return over ?? dutyIn(root, turn);
}

/** Nothing goes on in what has ended. Rule RUN-5. */
function leftIn(node: NaiveNode): Duty | null {
  for (const child of node.children) {
    if (!isFinal(child.state)) return { rule: "RUN-5", message: `${child.path} is ${child.state} in what has ended` };
    if (child.live !== null || child.queued !== null)
      return { rule: "RUN-5", message: `${child.path} has an attempt in what has ended` };
    const inside = leftIn(child);
    if (inside !== null) return inside;
  }
  return null;
}

function dutyIn(node: NaiveNode, turn: number): Duty | null {
  if (isHeld(node)) return null;
  if (node.undoing !== null) return dutyOfUndoing(node);
  if (node.state !== "running" || node.shape === null) return null;
  const verdict = node.kind === "loop" ? judgeLoop(node, -1) : judge(node, -1);
  if (verdict !== "wait" && !isBlocked(node)) return { rule: "NODE-6", message: `${node.path} should ${verdict}` };
  for (const child of node.children) {
    const duty = dutyOfChild(child) ?? dutyIn(child, turn);
    if (duty !== null) return duty;
  }
  return null;
}

/** A node in it that is paused keeps what follows from it. */
function isBlocked(node: NaiveNode): boolean {
  return node.children.some((child) => child.hold !== null);
}

/** Undoing is under way as long as one of its tasks waits for an agent or is on one. Rule FAULT-4. */
function dutyOfUndoing(node: NaiveNode): Duty | null {
  const current = node.undoing?.paths[node.undoing.next];
  const task = [...within(node)].find(({ path }) => path === current);
  if (task !== undefined && (task.live !== null || task.queued !== null || isHeld(task))) return null;
  return { rule: "FAULT-4", message: `${node.path} should go on undoing (${String(current)})` };
}

function dutyOfChild(child: NaiveNode): Duty | null {
  if (child.hold !== null || child.isApart) return null;
  if (child.state === "idle") return dutyOfIdle(child);
  if (child.state !== "failed" || child.settled !== null || child.undoing !== null) return null;
  if (child.after !== "alternative")
    return { rule: "FAULT-3", message: `${child.path} should go on to "${child.after}"` };
  const alternative = alternativeOf(child);
  if (alternative === undefined || alternative.hold !== null) return null;
  if (alternative.state === "idle" && alternative.queued === null && alternative.timers.size === 0)
    return { rule: "FAULT-3", message: `${alternative.path} should run in the place of ${child.path}` };
  return alternative.settled === null ? null : { rule: "FAULT-3", message: `${child.path} should be resolved` };
}

function dutyOfIdle(child: NaiveNode): Duty | null {
  if (child.queued !== null || child.timers.has("backoff") || isStandby(child)) return null;
  if (dependenciesOf(child).some((dependency) => dependency.hold !== null)) return null;
  // The place that one left which is paused itself is given on when that one is resumed.
  const { parent } = child;
  const isLimited = parent?.definition?.type === "parallel" && parent.definition.maxConcurrency !== null;
  if (isLimited && parent.children.some(({ hold }) => hold !== null)) return null;
  if (whyNotStart(child) === null) return { rule: "NODE-3", message: `${child.path} should start` };
  // A skip takes its turn like a start: it waits for a place, too.
  const isSkippable = isAllSkipped(child) && dependenciesOf(child).every(isDone) && whyNoPlace(child) === null;
  return isSkippable ? { rule: "NODE-3", message: `${child.path} should be skipped` } : null;
}

/** How many attempts of a run wait for an agent. */
export function queuedIn(root: NaiveNode): number {
  return (root.queued === null ? 0 : 1) + root.children.reduce((sum, child) => sum + queuedIn(child), 0);
}
