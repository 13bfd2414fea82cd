import type { Json, JsonObject } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import { evaluateExpression } from "../expression/evaluate.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";
import type { FileRef, NodeFailure } from "../model/run.ts";
import { parseFiles } from "../nodes/file-refs.ts";
import { evaluateSet } from "../nodes/task.ts";
import { findOutputsProblem } from "../nodes/value-limits.ts";
import { stopUndoing } from "./compensate.ts";
import type { Collection } from "./command.ts";
import { childPaths } from "./child-paths.ts";
import { MAX_DECIDED_ATTEMPTS, type FaultDecision } from "./fault-decision.ts";
import { findNode, nodeAt, parentOf, topologyOf } from "./records.ts";
import { alternativePath, scopeInside, scopeOf } from "./scope.ts";
import { isFinal, type AfterFailure, type NodeRecord, type SkipCause } from "./state.ts";
import { stopAttempt } from "./stop-attempt.ts";
import { emit, type Turn } from "./turn.ts";

/** How an attempt or a node ended, beside its reason. */
export interface Ending {
  readonly executionMs: number;
  readonly by: string | null;
}

export const ON_ITS_OWN: Ending = { executionMs: 0, by: null };

/** Completes a task with its result and the variables it has `written`; a `set` that cannot be evaluated fails it instead. */
export function completeTask(
  turn: Turn,
  path: NodePath,
  value: { readonly result: Json; readonly files: readonly FileRef[] },
  reason: string,
  ending: Ending,
  written: JsonObject = {},
): void {
  const record = nodeAt(turn.state, path);
  let set = written;
  if (record.definition?.type === "task") {
    const evaluated = evaluateSet(record.definition, { ...scopeOf(turn.state, record), result: value.result });
    if (!evaluated.ok) return failNode(turn, path, evaluated.error, "final", ending);
    set = { ...written, ...evaluated.value };
  }
  emit(turn, path, { kind: "completed", value, set, outputs: null, collected: [], ...ending }, reason);
  turn.work.push(path);
}

/** Completes a composite with what its children came to; a workflow with its outputs. */
export function completeComposite(turn: Turn, path: NodePath, reason: string): void {
  const record = nodeAt(turn.state, path);
  let outputs: JsonObject | null = null;
  let collected: readonly Collection[] = [];
  if (record.type === "workflow" || record.type === "subworkflow") {
    const evaluated = evaluateOutputs(turn, record);
    if (!evaluated.ok) return failNode(turn, path, evaluated.error, "final", ON_ITS_OWN);
    ({ outputs, collected } = evaluated.value);
  }
  const data = { kind: "completed", value: null, set: {}, outputs, collected, ...ON_ITS_OWN } as const;
  emit(turn, path, data, reason);
  if (path !== RUN_PATH) turn.work.push(path);
  else {
    if (collected.length > 0) turn.commands.push({ kind: "collect", entries: collected });
    turn.commands.push({ kind: "snapshot", reason: "final" });
  }
}

function evaluateOutputs(
  turn: Turn,
  record: NodeRecord,
): Result<{ readonly outputs: JsonObject; readonly collected: readonly Collection[] }, NodeFailure> {
  const { definition } = record;
  const workflow = definition?.type === "subworkflow" ? definition.definition : turn.state.definition;
  const scope = scopeInside(turn.state, record);
  const outputs: [string, Json][] = [];
  for (const [name, expression] of Object.entries(workflow.outputs)) {
    const value = evaluateExpression(expression, scope);
    if (!value.ok) return value;
    outputs.push([name, value.value]);
  }
  const problem = findOutputsProblem(Object.fromEntries(outputs));
  if (problem !== null) return err(problem);
  const collected: Collection[] = [];
  for (const { to, from } of record.path === RUN_PATH ? workflow.collect : []) {
    const value = evaluateExpression(from, scope);
    if (!value.ok) return value;
    const files = toFiles(value.value);
    if (!files.ok)
      return err({ code: "expression", message: `"collect" of "${to}": ${files.error}, in ${from.source}` });
    collected.push({ to, files: files.value });
  }
  return ok({ outputs: Object.fromEntries(outputs), collected });
}

/** The files in a value of one file or lists of them; null, the result of what was skipped, has none. */
function toFiles(value: Json): Result<readonly FileRef[], string> {
  const files = parseFiles(value, MAX_COLLECTED);
  if (!files.ok) return files;
  const [text] = files.value.texts;
  return text === undefined
    ? ok(files.value.refs)
    : err(`expected files of nodes, found text ${JSON.stringify(text.slice(0, MAX_SHOWN))}`);
}

/** Files brought home by one entry of `collect`. */
const MAX_COLLECTED = 1_000_000;
const MAX_SHOWN = 80;

/** Whether the fault policy may try again, or this failure would only come again. */
export type Retrying = "may-retry" | "final";

/** Fails a node. What its fault policy makes of it is recorded with the failure and carried out by `follow`. Rule FAULT-3. */
export function failNode(
  turn: Turn,
  path: NodePath,
  failure: NodeFailure,
  retrying: Retrying,
  ending: Ending,
  decision: FaultDecision | null = null,
): void {
  if (nodeAt(turn.state, path).state === "idle") beginToEnd(turn, path, "it could not begin");
  const record = nodeAt(turn.state, path);
  const after = decision === null ? toAfterFailure(turn, record, retrying) : toDecided(turn, record, decision);
  const wait = decision?.kind === "retry" && decision.delayMs !== null ? { delayMs: decision.delayMs } : {};
  emit(turn, path, { kind: "failed", failure, after, ...ending, ...wait }, failure.message);
  if (path !== RUN_PATH) turn.work.push(path);
  else turn.commands.push({ kind: "snapshot", reason: "final" });
}

/** idle → running of a node that ends at once: nothing goes from idle to completed or failed. Rule NODE-1. */
export function beginToEnd(turn: Turn, path: NodePath, reason: string): void {
  emit(turn, path, { kind: "started", contents: null, timeoutAt: null, totalAt: null }, reason);
}

function toAfterFailure(turn: Turn, record: NodeRecord, retrying: Retrying): AfterFailure {
  if (record.definition === null || record.type === "group") return "none";
  const { retry, then } = record.definition.fault;
  if (retrying === "may-retry" && record.tries <= retry) return "retry";
  switch (then.kind) {
    case "abort":
      return "none";
    case "skip":
      return "skip";
    case "runAlternative":
      return hasAlternative(turn, record) ? "alternative" : "none";
    case "compensateAndRetry":
      return retrying === "may-retry" && record.undone < then.times ? "compensate" : "none";
  }
}

function toDecided(turn: Turn, record: NodeRecord, { kind }: FaultDecision): AfterFailure {
  switch (kind) {
    case "retry":
    case "compensate":
      return record.tries < MAX_DECIDED_ATTEMPTS ? kind : "none";
    case "skip":
      return "skip";
    case "abort":
      return "none";
    case "alternative":
      return hasAlternative(turn, record) ? "alternative" : "none";
  }
}

function hasAlternative(turn: Turn, record: NodeRecord): boolean {
  const path = alternativePath(record);
  return path !== null && path !== record.path && findNode(turn.state, path) !== undefined;
}

/** Skips an idle node. */
export function skipNode(turn: Turn, path: NodePath, cause: SkipCause, reason: string, by: string | null): void {
  emit(turn, path, { kind: "skipped", cause, by, apart: null }, reason);
  turn.work.push(path);
}

/** Cancels a node that has not ended, and everything inside it first. */
export function cancelNode(
  turn: Turn,
  path: NodePath,
  reason: string,
  how: { readonly by: string | null; readonly fell: boolean },
): void {
  cancelInside(turn, path, reason);
  stopUndoing(turn, path, reason);
  stopAttempt(turn, path, reason);
  emit(turn, path, { kind: "cancelled", ...how }, reason);
  if (path !== RUN_PATH) turn.work.push(path);
  else turn.commands.push({ kind: "snapshot", reason: "final" });
}

/** Cancels everything inside a node that has not ended, innermost first. Standbys that were not needed are skipped. */
export function cancelInside(turn: Turn, path: NodePath, reason: string): void {
  const found: NodePath[] = [];
  const pending = [...childPaths(turn.state, nodeAt(turn.state, path))].reverse();
  for (let child = pending.pop(); child !== undefined; child = pending.pop()) {
    const record = findNode(turn.state, child);
    if (record === undefined || (isFinal(record.state) && record.undoing === null)) continue;
    found.push(child);
    for (const inner of childPaths(turn.state, record)) pending.push(inner);
  }
  for (const child of found.reverse()) {
    stopUndoing(turn, child, reason);
    if (isFinal(nodeAt(turn.state, child).state)) continue;
    stopAttempt(turn, child, reason);
    if (isIdleStandby(turn, child)) skipNode(turn, child, "standby", "it was not needed", null);
    else emit(turn, child, { kind: "cancelled", by: null, fell: true }, reason);
  }
}

function isIdleStandby(turn: Turn, path: NodePath): boolean {
  const record = nodeAt(turn.state, path);
  const parent = parentOf(turn.state, record);
  if (record.state !== "idle" || record.active || parent === undefined || parent.body === null) return false;
  return topologyOf(parent, parent.body)?.standbys.has(record.position - parent.body.offset) ?? false;
}
