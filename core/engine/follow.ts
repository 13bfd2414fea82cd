import { heapInOrder } from "../base/persistent-heap.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";
import type { NodeFailure } from "../model/run.ts";
import { nextOfLoop } from "../nodes/loop.ts";
import { countOpen } from "../nodes/opening.ts";
import { followFailure, followUndoing, resolvePrincipals } from "./after-failure.ts";
import { beginUndoing, principalOf } from "./compensate.ts";
import { cancelInside, cancelNode, completeComposite, failNode, ON_ITS_OWN, skipNode } from "./end-node.ts";
import { byPosition } from "./fold-body.ts";
import { dependantsOf, isReady } from "./fold-settle.ts";
import { endNextKept } from "./keep.ts";
import { judgeNode } from "./kinds.ts";
import { bodyOf, findNode, isHeld, nodeAt, parentOf, pathOfChild, topologyOf } from "./records.ts";
import { scopeOfLoop } from "./scope.ts";
import { startNode } from "./start-node.ts";
import { isFinal, type Body, type NodeRecord, type RunState } from "./state.ts";
import { emit, type Turn } from "./turn.ts";

/** Carries out everything that follows from what happened, until nothing changes. Never recursive: workflows are deep and long. */
export function follow(turn: Turn): void {
  let next = 0;
  do {
    for (; next < turn.work.length; next += 1) {
      const path = turn.work[next];
      if (path !== undefined) look(turn, path, () => turn.work.length > next + 1 || turn.keeping !== null);
    }
  } while (endNextKept(turn));
}

/** Looks at one node; doing so twice does nothing the second time. What is held waits: the fold has noted it. */
function look(turn: Turn, path: NodePath, hasMore: () => boolean): void {
  const record = findNode(turn.state, path);
  if (record === undefined || isHeld(turn.state, record)) return;
  const principal = record.state === "completed" ? principalOf(turn.state, record) : undefined;
  if (principal !== undefined && !isHeld(turn.state, principal)) return followUndoing(turn, principal);
  if (record.state === "running" && record.body !== null) return advance(turn, record, hasMore);
  const parent = parentOf(turn.state, record);
  if (!isFinal(record.state) || parent === undefined || parent.state !== "running") return;
  if (record.settlement === null) {
    // In what is being undone nothing is tried again.
    if (parent.undoing === null) followFailure(turn, record);
    return;
  }
  resolvePrincipals(turn, record);
  if (conclude(turn, parent)) return;
  if (record.settlement === "failed" || record.settlement === "cancelled") cancelDependants(turn, record);
  turn.work.push(parent.path);
}

/** Ends a composite or starts what may start in it. */
function advance(turn: Turn, record: NodeRecord, hasMore: () => boolean): void {
  if (conclude(turn, record)) return;
  if (bodyOf(record).shape === "iterations") return;
  startReady(turn, record.path);
  if (!hasMore() && isStuck(turn, nodeAt(turn.state, record.path))) {
    const failure = { code: "stuck", message: "its nodes wait for each other" };
    endByFailure(turn, record.path, failure, "final");
  }
}

/** Ends a composite if what its children came to says so. True when it did, or when a loop went on. */
function conclude(turn: Turn, { path }: NodeRecord): boolean {
  const record = nodeAt(turn.state, path);
  if (record.undoing !== null) {
    followUndoing(turn, record);
    return true;
  }
  const body = bodyOf(record);
  if (body.shape === "iterations") return advanceLoop(turn, record, body);
  const verdict = judgeNode(record, body);
  switch (verdict.kind) {
    case "wait":
      return false;
    case "complete":
      cancelInside(turn, path, `not needed any more: ${verdict.reason}`);
      completeComposite(turn, path, verdict.reason);
      return true;
    case "skip":
      cancelInside(turn, path, verdict.reason);
      skipNode(turn, path, skipCauseOf(turn, record), verdict.reason, null);
      return true;
    case "fail":
      endByFailure(turn, path, verdict.failure, "may-retry");
      return true;
  }
}

/** Fails a composite, and ends everything in it first. */
export function endByFailure(turn: Turn, path: NodePath, failure: NodeFailure, retrying: "may-retry" | "final"): void {
  const name = path === RUN_PATH ? "the run" : path;
  cancelInside(turn, path, `${name} failed: ${failure.message}`);
  // One that waits for its next attempt has nothing done that is not undone.
  const record = nodeAt(turn.state, path);
  if (record.state === "idle" || !undoesAll(record, turn.state))
    return failNode(turn, path, failure, retrying, ON_ITS_OWN);
  beginUndoing(turn, path, failure);
  turn.work.push(path);
}

/** Whether a workflow that fails undoes what it did: `onFailure: compensate`. Rule FAULT-4. */
function undoesAll({ type, definition }: NodeRecord, state: RunState): boolean {
  if (type === "workflow") return state.definition.onFailure === "compensate";
  return (
    type === "subworkflow" && definition?.type === "subworkflow" && definition.definition.onFailure === "compensate"
  );
}

/** A composite all of whose nodes were skipped by conditions is skipped by a condition, too. */
function skipCauseOf(turn: Turn, record: NodeRecord): "condition" | "fault" {
  const body = bodyOf(record);
  for (let index = 0; index < body.count; index += 1) {
    const child = findNode(turn.state, pathOfChild(record, body, index));
    if (child?.counts === true && child.skipCause !== "condition") return "fault";
  }
  return "condition";
}

/** True unless an iteration is under way. Rule NODE-8. */
function advanceLoop(turn: Turn, record: NodeRecord, body: Body): boolean {
  const { definition, path } = record;
  if (definition?.type !== "loop") return false;
  if (countOpen(body.tally) > 0) return false;
  const next = nextOfLoop(definition, body.count, body.times, body.fall, scopeOfLoop(turn.state, record));
  switch (next.kind) {
    case "iterate": {
      const iteration = body.count + 1;
      const group = pathOfChild(record, body, body.count);
      emit(turn, group, { kind: "iterated", parent: path, iteration }, next.reason);
      turn.work.push(group);
      return true;
    }
    case "complete":
      completeComposite(turn, path, next.reason);
      return true;
    case "fail":
      failNode(turn, path, next.failure, body.fall === null ? "final" : "may-retry", ON_ITS_OWN);
      return true;
  }
}

/** Starts ready children, first written first, as long as there is a place for them. Rule NODE-5. */
function startReady(turn: Turn, path: NodePath): void {
  const record = nodeAt(turn.state, path);
  const { definition, type } = record;
  const limit = type === "parallel" && definition?.type === "parallel" ? definition.maxConcurrency : null;
  const body = bodyOf(record);
  let places = limit === null ? Infinity : limit - body.active;
  for (const index of heapInOrder(body.ready, byPosition)) {
    if (places <= 0) return;
    const child = findNode(turn.state, pathOfChild(record, body, index));
    if (!isReady(child) || child.hold !== null) continue;
    startOrSkip(turn, record, body, child);
    // A child that ended at once may change what its parent does next: it is looked at anew, behind what follows from that end.
    if (isFinal(nodeAt(turn.state, child.path).state)) {
      turn.work.push(path);
      return;
    }
    places -= 1;
  }
}

/** A node all of whose dependencies were skipped by a condition is skipped, too. Rule NODE-3. */
function startOrSkip(turn: Turn, parent: NodeRecord, body: Body, child: NodeRecord): void {
  const names = child.type === "group" ? [] : (child.definition?.dependsOn ?? []);
  const index = topologyOf(parent, body)?.index;
  const dependencies = names.flatMap((id) => {
    const position = index?.get(id);
    return position === undefined ? [] : (findNode(turn.state, pathOfChild(parent, body, position)) ?? []);
  });
  const isSkipped = dependencies.length > 0 && dependencies.every((one) => one.skipCause === "condition");
  if (isSkipped) return skipNode(turn, child.path, "condition", `skipped with ${names.join(", ")}`, null);
  startNode(turn, child.path, toStartReason(names, parent, body));
}

function toStartReason(names: readonly string[], parent: NodeRecord, body: Body): string {
  if (names.length > 0) return `all it depends on is done: ${names.slice(0, MAX_NAMES).join(", ")}`;
  if (body.shape === "items" || parent.definition?.type === "parallel") return "there is a place for it";
  return parent.type === "pipeline" || parent.type === "conditional" ? "its turn has come" : "it depends on nothing";
}

/** Names listed in a reason. */
const MAX_NAMES = 8;

/** Whoever waits for a node that did not end well will never start. Matters where the parent goes on without it. */
function cancelDependants(turn: Turn, record: NodeRecord): void {
  const id = record.definition?.id ?? record.path;
  for (const dependant of dependantsOf(turn.state, record))
    if (!isFinal(dependant.state))
      cancelNode(turn, dependant.path, `it depends on "${id}", which is ${record.state}`, { by: null, fell: false });
}

function isStuck(turn: Turn, record: NodeRecord): boolean {
  if (record.state !== "running" || record.body === null || turn.state.deferred.size > 0) return false;
  if (countOpen(record.body.tally) === 0 || record.body.active > 0) return false;
  for (const index of heapInOrder(record.body.ready, byPosition)) {
    const child = findNode(turn.state, pathOfChild(record, record.body, index));
    if (isReady(child)) return false;
  }
  return true;
}
