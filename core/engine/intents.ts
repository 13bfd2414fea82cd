import { mapDifference, mapEntries, mapGet } from "../base/persistent-map.ts";
import type { Json } from "../base/json.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";
import { findResultProblem } from "../nodes/value-limits.ts";
import { principalsOf } from "./after-failure.ts";
import type { PlacedAttempt } from "./command.ts";
import { beginToEnd, cancelInside, cancelNode, completeTask, failNode, skipNode } from "./end-node.ts";
import type { RunInput } from "./input.ts";
import { findNode, isFrozen, isWithin, nodeAt, rootOf } from "./records.ts";
import { sendBack } from "./retry.ts";
import { isFinal, type NodeRecord, type RunState } from "./state.ts";
import { stopAttempt } from "./stop-attempt.ts";
import { emit, workflowState, type Refusal, type Turn } from "./turn.ts";

type Of<Kind extends RunInput["kind"]> = Extract<RunInput, { readonly kind: Kind }>;

/** A created run begins. */
export function start(turn: Turn, { by }: Of<"start">): Refusal {
  const state = workflowState(turn.state);
  if (state !== "idle") return { code: "wrong-state", message: `the run is ${state}, only an idle one can start` };
  const data = { kind: "started", contents: { shape: "kept" }, timeoutAt: null, totalAt: null } as const;
  emit(turn, RUN_PATH, data, `started by ${by}`);
  turn.work.push(RUN_PATH);
  return null;
}

/** Nothing new starts in a part of the run; `freeze` also stops its processes in place. Rule RUN-3. */
export function pause(turn: Turn, { mode, path, by }: Of<"pause">): Refusal {
  const record = findNode(turn.state, path);
  if (record === undefined) return unknownPath(path);
  if (isFinal(record.state) || rootOf(turn.state).state === "idle") return wrongState(turn.state, record, "paused");
  if (record.hold?.mode === mode) return wrongState(turn.state, record, `paused to ${mode} again`);
  const before = turn.state;
  emit(turn, path, { kind: "held", mode, by }, `paused by ${by} (${mode})`);
  tellHeld(turn, before, path);
  if (path === RUN_PATH) turn.commands.push({ kind: "snapshot", reason: "pause" });
  return null;
}

/** A paused part of the run goes on exactly where it was. Rule RUN-4. */
export function resume(turn: Turn, { path, by }: Of<"resume">): Refusal {
  const record = findNode(turn.state, path);
  if (record === undefined) return unknownPath(path);
  if (record.hold === null) return wrongState(turn.state, record, "resumed");
  const before = turn.state;
  emit(turn, path, { kind: "released", by }, `resumed by ${by}`);
  tellHeld(turn, before, path);
  const released = mapDifference(before.deferred, turn.state.deferred)
    .map((deferred) => ({ path: deferred as NodePath, seq: mapGet(before.deferred, deferred) ?? 0 }))
    .sort((a, b) => a.seq - b.seq);
  turn.work.push(...released.map((deferred) => deferred.path), path);
  if (record.parent !== null) turn.work.push(record.parent);
  turn.work.push(
    ...principalsOf(turn.state, record).map((principal) => principal.path),
    ...openWithin(turn.state, path),
  );
  return null;
}

/** What may go on in a part of the run: nodes in it may have been resumed by themselves while all of it was paused. */
function openWithin(state: RunState, within: NodePath): readonly NodePath[] {
  const open: NodePath[] = [];
  for (const [key, { path, state: now, body }] of mapEntries(state.nodes)) {
    if (!isWithin(key as NodePath, within)) continue;
    // Who waits for one that did not end well has to be told.
    const hasFallen = now === "failed" || now === "cancelled";
    if ((now === "running" && body !== null) || hasFallen) open.push(path);
  }
  return open;
}

/** Stops in place what is frozen now and was not, and lets go on what was and is not: a freeze may be turned into a drain, too. */
function tellHeld(turn: Turn, before: RunState, path: NodePath): void {
  const attempts = placedAttempts(turn.state, path);
  const isStill = (state: RunState, { key }: PlacedAttempt) => isFrozen(state, nodeAt(state, key.path));
  const frozen = attempts.filter((attempt) => !isStill(before, attempt) && isStill(turn.state, attempt));
  const thawed = attempts.filter((attempt) => isStill(before, attempt) && !isStill(turn.state, attempt));
  if (frozen.length > 0) turn.commands.push({ kind: "freeze", attempts: frozen });
  if (thawed.length > 0) turn.commands.push({ kind: "thaw", attempts: thawed });
}

function placedAttempts(state: RunState, within: NodePath): readonly PlacedAttempt[] {
  const placed: PlacedAttempt[] = [];
  for (const [path, { fence, agent }] of mapEntries(state.live))
    if (isWithin(path as NodePath, within))
      placed.push({ key: { run: state.run, path: path as NodePath, fence }, agent });
  return placed;
}

/** Ends the run or one node, whatever state it is in, and every process of it. Rules RUN-5, RUN-7. */
export function cancel(turn: Turn, { path, by }: Of<"cancel">): Refusal {
  const record = findNode(turn.state, path);
  if (record === undefined) return unknownPath(path);
  if (isFinal(record.state)) return wrongState(turn.state, record, "cancelled");
  cancelNode(turn, path, `cancelled by ${by}`, { by, fell: false });
  return null;
}

/** A node and everything downstream of it run again. Rule RUN-6. */
export function retry(turn: Turn, { path, by }: Of<"retry">): Refusal {
  const refusal = checkNode(turn.state, path);
  if (refusal !== null) return refusal;
  const record = nodeAt(turn.state, path);
  if (!isFinal(record.state)) return wrongState(turn.state, record, "retried");
  return sendBack(turn, path, by, "starts");
}

/** A node is passed over: what depends on it goes on with a null result. Rule RUN-7. */
export function skip(turn: Turn, { path, by }: Of<"skip">): Refusal {
  const refusal = checkNode(turn.state, path) ?? bringToIdle(turn, path, by, "skipped");
  if (refusal !== null) return refusal;
  skipNode(turn, path, "person", `skipped by ${by}`, by);
  return null;
}

function bringToIdle(turn: Turn, path: NodePath, by: string, what: string): Refusal {
  const record = nodeAt(turn.state, path);
  if (record.state === "skipped" && what === "skipped") return wrongState(turn.state, record, what);
  if (record.state === "running" || record.state === "suspended")
    cancelNode(turn, path, `to be ${what} by ${by}`, { by, fell: false });
  return isFinal(nodeAt(turn.state, path).state) ? sendBack(turn, path, by, "ends") : null;
}

/** A person says what a node came to. Rule RUN-7. */
export function complete(turn: Turn, { path, result, by }: Of<"complete">): Refusal {
  const refusal = checkNode(turn.state, path) ?? checkResult(result);
  if (refusal !== null) return refusal;
  const record = nodeAt(turn.state, path);
  if (isFinal(record.state)) {
    const refused = sendBack(turn, path, by, "ends");
    if (refused !== null) return refused;
  }
  cancelInside(turn, path, `${path} was completed by ${by}`);
  stopAttempt(turn, path, `completed by ${by}`);
  if (nodeAt(turn.state, path).state === "idle") beginToEnd(turn, path, `completed by ${by}`);
  completeTask(turn, path, { result, files: [] }, `completed by ${by}`, { executionMs: 0, by });
  return null;
}

/** A person answers an approval. */
export function approve(turn: Turn, { path, approved, by }: Of<"approve">): Refusal {
  const refusal = checkNode(turn.state, path);
  if (refusal !== null) return refusal;
  const record = nodeAt(turn.state, path);
  const isApproval = record.definition?.type === "task" && record.definition.action.kind === "approve";
  if (!isApproval) return { code: "wrong-state", message: `${path} asks for no approval` };
  if (record.state !== "running") return wrongState(turn.state, record, "approved");
  const ending = { executionMs: 0, by };
  if (approved) completeTask(turn, path, { result: true, files: [] }, `approved by ${by}`, ending);
  else failNode(turn, path, { code: "denied", message: `denied by ${by}` }, "final", ending);
  return null;
}

function checkNode(state: RunState, path: NodePath): Refusal {
  if (path === RUN_PATH) return { code: "invalid", message: "name a node: this cannot be done to the run as a whole" };
  return findNode(state, path) === undefined ? unknownPath(path) : null;
}

function checkResult(result: Json): Refusal {
  const problem = findResultProblem(result);
  return problem === null ? null : { code: "invalid", message: problem.message };
}

function unknownPath(path: NodePath): Refusal {
  return { code: "unknown-path", message: `there is no node ${path}, or what it is in has not started` };
}

function wrongState(state: RunState, record: NodeRecord, what: string): Refusal {
  const [name, now] = record.path === RUN_PATH ? ["the run", workflowState(state)] : [record.path, record.state];
  return { code: "wrong-state", message: `${name} is ${now} and cannot be ${what}` };
}
