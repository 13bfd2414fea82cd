import { mapGet } from "../base/persistent-map.ts";
import type { AttemptSpec } from "../model/attempt.ts";
import type { EpochMs, NodePath } from "../model/id.ts";
import type { TaskReport } from "../model/run.ts";
import { findDepthProblem, findResultProblem } from "../nodes/value-limits.ts";
import { endUndoing } from "./compensate.ts";
import { endByFailure } from "./follow.ts";
import { completeTask, failNode, ON_ITS_OWN } from "./end-node.ts";
import type { RunInput } from "./input.ts";
import { findNode, isFrozen, isHeld, nodeAt } from "./records.ts";
import { workflowNameOf } from "./scope.ts";
import { startNode } from "./start-node.ts";
import { isFinal, type LiveEntry, type NodeRecord, type RunState } from "./state.ts";
import { stopAttempt } from "./stop-attempt.ts";
import { emit, type Refusal, type Turn } from "./turn.ts";

type Of<Kind extends RunInput["kind"]> = Extract<RunInput, { readonly kind: Kind }>;

/** A queued attempt gets an agent. */
export function assign(turn: Turn, { path, agent }: Of<"assigned">): Refusal {
  const record = findNode(turn.state, path);
  const entry = mapGet(turn.state.queue, path);
  if (record === undefined || entry === undefined)
    return { code: "wrong-state", message: `${path} does not wait for an agent` };
  if (isHeld(turn.state, record)) return { code: "held", message: `${path} is paused` };
  const fence = turn.state.fence + 1;
  emit(turn, path, { kind: "assigned", agent, fence }, `on agent ${agent}, attempt ${entry.plan.attempt}`);
  const live = mapGet(turn.state.live, path);
  if (live === undefined) return null;
  turn.commands.push({ kind: "dispatch", spec: toSpec(turn.state, record, live), agent, globs: live.plan.globs });
  return null;
}

/** The spec of an attempt that an agent holds. Holders of its files are the coordinator's to know. */
export function toSpec(state: RunState, record: NodeRecord, { plan, fence }: LiveEntry): AttemptSpec {
  return {
    key: { run: state.run, path: record.path, fence },
    attempt: plan.attempt,
    level: record.level,
    workflow: workflowNameOf(state, record),
    action: plan.action,
    result: plan.result,
    environment: plan.environment,
    filesIn: plan.filesIn.map((file) => ({ ...file, holders: [] })),
    filesOut: plan.filesOut,
    timeoutMs: plan.timeoutMs,
    cpus: plan.needs.cpus,
    memoryBytes: plan.needs.memoryBytes,
    ...(record.readyAt === null ? {} : { readyAt: record.readyAt }),
  };
}

/** What an agent says about an attempt it holds; about any other it is told that it is stale. Rule FLEET-5. */
export function hearOfAttempt(
  turn: Turn,
  input: Of<
    | "attempt-started"
    | "attempt-ended"
    | "attempt-lost"
    | "attempt-suspended"
    | "attempt-resumed"
    | "reported"
    | "provided"
  >,
): Refusal {
  const { path, fence } = input;
  const live = mapGet(turn.state.live, path);
  if (live === undefined || live.fence !== fence) return toStale(turn.state, path, fence);
  switch (input.kind) {
    case "attempt-started":
      return null;
    case "attempt-ended":
      endAttempt(turn, live, input);
      return null;
    case "attempt-lost":
      loseAttempt(turn, path, live, input.reason);
      return null;
    case "attempt-suspended":
      if (!live.suspended) emit(turn, path, { kind: "suspended" }, toSuspendReason(turn.state, path));
      return null;
    case "attempt-resumed":
      if (live.suspended) emit(turn, path, { kind: "resumed" }, "its process runs on");
      return null;
    case "provided":
      emit(
        turn,
        path,
        { kind: "provided", fence, files: input.files },
        `${input.files.length} files of the workflow's folder`,
      );
      return null;
    case "reported":
      return report(turn, path, input.report);
  }
}

function toStale(state: RunState, path: NodePath, fence: number): Refusal {
  const record = findNode(state, path);
  if (record === undefined)
    return { code: "stale", message: `attempt #${fence} of ${path} is not wanted: there is no such node any more` };
  const present = mapGet(state.live, path)?.fence;
  const now =
    present === undefined ? `it is ${record.state} and on no agent` : `attempt #${present} is the present one`;
  return { code: "stale", message: `attempt #${fence} of ${path} is not wanted: ${now}` };
}

function toSuspendReason(state: RunState, path: NodePath): string {
  return isFrozen(state, nodeAt(state, path)) ? "stopped in place by a pause" : "stopped in place by its agent";
}

function endAttempt(turn: Turn, live: LiveEntry, { path, outcome, set, decision }: Of<"attempt-ended">): void {
  const { executionMs } = outcome;
  const ending = { executionMs, by: null };
  switch (outcome.kind) {
    case "cancelled":
      return loseAttempt(turn, path, live, "the agent stopped it");
    case "failure":
      return live.purpose === "compensation"
        ? endUndoing(turn, path, outcome.failure)
        : failNode(turn, path, outcome.failure, "may-retry", ending, decision);
    case "success": {
      if (live.purpose === "compensation") return endUndoing(turn, path, null);
      const problem = findResultProblem(outcome.result);
      if (problem === null) return completeTask(turn, path, outcome, "the attempt succeeded", ending, set);
      return failNode(turn, path, problem, "may-retry", ending);
    }
  }
}

/** Losing an agent is no failure of the node, up to `lossLimit`. Rule FAULT-5. */
function loseAttempt(turn: Turn, path: NodePath, live: LiveEntry, reason: string): void {
  const record = nodeAt(turn.state, path);
  const limit = record.definition?.fault.lossLimit ?? 0;
  if (record.losses < limit)
    return emit(turn, path, { kind: "lost", agent: live.agent }, `${reason}; it waits for another agent`);
  const message = `it lost its agent ${record.losses + 1} times, ${limit} are allowed; the last time: ${reason}`;
  stopAttempt(turn, path, "it is counted as lost");
  if (live.purpose === "compensation") return endUndoing(turn, path, { code: "lost", message });
  failNode(turn, path, { code: "lost", message }, "may-retry", ON_ITS_OWN);
}

function report(turn: Turn, path: NodePath, said: TaskReport): Refusal {
  if (said.kind === "progress" && !(said.progress >= 0 && said.progress <= 1))
    return { code: "invalid", message: `progress is from 0 to 1, found ${said.progress}` };
  const depth = said.kind === "custom" ? findDepthProblem(said.data) : null;
  if (depth !== null) return { code: "invalid", message: `what a task reports ${depth}` };
  emit(turn, path, { kind: "report", report: said }, toReportText(said));
  return null;
}

function toReportText(said: TaskReport): string {
  switch (said.kind) {
    case "progress":
      return `${Math.round(said.progress * 100)} % done`;
    case "metric":
      return `${said.name} is ${JSON.stringify(said.value)}`;
    case "custom":
      return said.name;
    case "log":
      return `${said.level}: ${said.message}`;
  }
}

/** A timer has come to its time. Rules FAULT-1, FAULT-2. */
export function ringTimer(turn: Turn, name: string): Refusal {
  const timer = mapGet(turn.state.timers, name);
  const record = timer === undefined ? undefined : findNode(turn.state, timer.path);
  if (timer === undefined || record === undefined)
    return { code: "unknown-timer", message: `there is no timer ${name}` };
  if (timer.due.kind === "left") return { code: "held", message: `timer ${name} stands still` };
  if (timer.due.at > turn.moment.now) {
    turn.commands.push({ kind: "timer", timer: name, at: timer.due.at });
    return null;
  }
  if (timer.kind === "backoff") startNode(turn, timer.path, "the wait before this attempt is over");
  else if (!isFinal(record.state)) timeOut(turn, record, timer.kind, timer.due.at);
  return null;
}

function timeOut(turn: Turn, record: NodeRecord, kind: "timeout" | "total", at: EpochMs): void {
  const fault = record.definition?.fault;
  const limitMs = kind === "total" ? fault?.totalTimeoutMs : fault?.timeoutMs;
  const what = kind === "total" ? "all its attempts together took" : "it took";
  const failure = { code: "timeout", message: `${what} longer than ${limitMs ?? at} ms` };
  stopAttempt(turn, record.path, failure.message);
  endByFailure(turn, record.path, failure, kind === "total" ? "final" : "may-retry");
}
