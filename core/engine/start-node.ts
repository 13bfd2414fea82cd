import { assert } from "../base/assert.ts";
import { mapHas } from "../base/persistent-map.ts";
import { renderText } from "../expression/evaluate.ts";
import type { EpochMs, Millis, NodePath } from "../model/id.ts";
import { MAX_NAME_BYTES } from "../model/limits.ts";
import type { NodeFailure } from "../model/run.ts";
import type { TaskDefinition, Template } from "../model/workflow.ts";
import type { Contents } from "../nodes/opening.ts";
import { planAttempt } from "../nodes/task.ts";
import { findQuestionProblem } from "../nodes/value-limits.ts";
import { failNode, ON_ITS_OWN, skipNode } from "./end-node.ts";
import { timerName } from "./fold-timer.ts";
import { keepByHand, keepTask } from "./keep.ts";
import { openNode } from "./kinds.ts";
import { recipeOfPlan, recipeOfQuestion } from "./recipe.ts";
import { nodeAt, pathOfNode } from "./records.ts";
import { scopeOf } from "./scope.ts";
import type { NodeRecord } from "./state.ts";
import { emit, type Turn } from "./turn.ts";

/** Starts an idle node whose turn has come: a task joins the queue, a composite opens. `reason` says why now. */
export function startNode(turn: Turn, path: NodePath, reason: string): void {
  const record = nodeAt(turn.state, path);
  assert(record.state === "idle", `${path} is ${record.state} and cannot start`);
  if (keepByHand(turn, record)) return;
  const { definition } = record;
  if (definition?.type === "task" && record.type === "task") startTask(turn, record, definition, reason);
  else startComposite(turn, record, reason);
}

function startTask(turn: Turn, record: NodeRecord, definition: TaskDefinition, reason: string): void {
  const { action } = definition;
  if (action.kind === "approve") return startApproval(turn, record, action.question);
  const plan = planAttempt(definition, action, record.attempt + 1, scopeOf(turn.state, record));
  if (!plan.ok) return failNode(turn, record.path, plan.error, "final", ON_ITS_OWN);
  if (record.path.length > MAX_NAME_BYTES) return failNode(turn, record.path, pathTooLong(record), "final", ON_ITS_OWN);
  if (keepTask(turn, record, () => recipeOfPlan(plan.value))) return;
  const data = { kind: "queued", plan: plan.value, purpose: "task", totalAt: totalAt(turn, record) } as const;
  emit(turn, record.path, data, reason);
}

/** A workflow file with such paths is refused; a definition may come from elsewhere. */
function pathTooLong({ path }: NodeRecord): NodeFailure {
  const message = `the path of a task has at most ${MAX_NAME_BYTES} characters, this one has ${path.length}: use shorter ids or fewer levels`;
  return { code: "plan", message };
}

/** An approval waits inside the engine, running, for a person. Rules FILE-3, NODE-11. */
function startApproval(turn: Turn, record: NodeRecord, question: Template): void {
  const text = renderText(question, scopeOf(turn.state, record));
  if (!text.ok) return failNode(turn, record.path, text.error, "final", ON_ITS_OWN);
  const problem = findQuestionProblem(text.value);
  if (problem !== null) return failNode(turn, record.path, problem, "final", ON_ITS_OWN);
  if (keepTask(turn, record, () => recipeOfQuestion(text.value))) return;
  begin(turn, record, null, `waits for an answer: ${text.value}`);
}

function startComposite(turn: Turn, record: NodeRecord, reason: string): void {
  const opening = openNode(record, scopeOf(turn.state, record));
  switch (opening.kind) {
    case "fail":
      return failNode(turn, record.path, opening.failure, "final", ON_ITS_OWN);
    case "skip":
      return skipNode(turn, record.path, "condition", opening.reason, null);
    case "open":
      begin(turn, record, opening.contents, `${reason}; ${opening.reason}`);
      skipOtherBranch(turn, record, opening.contents, opening.reason);
      turn.work.push(record.path);
  }
}

function begin(turn: Turn, record: NodeRecord, contents: Contents | null, reason: string): void {
  const timeoutMs = record.type === "group" ? null : (record.definition?.fault.timeoutMs ?? null);
  const data = {
    kind: "started",
    contents,
    timeoutAt: after(turn, timeoutMs),
    totalAt: totalAt(turn, record),
  } as const;
  emit(turn, record.path, data, reason);
}

/** When the time for all attempts is over; null when that is not limited or known already. Rule FAULT-1. */
function totalAt(turn: Turn, record: NodeRecord): EpochMs | null {
  if (record.type === "group" || mapHas(turn.state.timers, timerName("total", record.path))) return null;
  return after(turn, record.definition?.fault.totalTimeoutMs ?? null);
}

function after(turn: Turn, ms: Millis | null): EpochMs | null {
  return ms === null ? null : ((turn.moment.now + ms) as EpochMs);
}

/** The branch not taken is skipped. Rule NODE-7. */
function skipOtherBranch(turn: Turn, record: NodeRecord, contents: Contents, reason: string): void {
  const { definition } = record;
  if (definition?.type !== "conditional" || record.type !== "conditional" || contents.shape !== "nodes") return;
  const [others, offset] =
    contents.branch === "then" ? [definition.else, definition.then.length] : [definition.then, 0];
  others.forEach((node, index) => {
    const apart = { parent: record.path, position: offset + index };
    const data = { kind: "skipped", cause: "condition", by: null, apart } as const;
    emit(turn, pathOfNode(record.path, node.id), data, reason);
  });
}
