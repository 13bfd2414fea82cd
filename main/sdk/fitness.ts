import type { FaultPolicy, TaskAction, TaskDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import { FUNCTIONS_MODULE } from "./compile.ts";
import { AgentTaskError, FunctionTaskError, MustWaitError } from "./errors.ts";
import { everyNode, everyTask } from "./walk-definition.ts";
import type { Workflow } from "./workflow.ts";

// Where a workflow can run: in this process, at once in this process, on a fleet.

function isFunction(action: TaskAction): boolean {
  return action.kind === "script" && action.module === FUNCTIONS_MODULE;
}

function actionsOf({ action, compensate }: TaskDefinition): readonly TaskAction[] {
  return compensate === null ? [action] : [action, compensate];
}

/** Tasks that are functions of this process, or are undone by one. */
export function functionTasks(definition: WorkflowDefinition): readonly string[] {
  return [...everyTask(definition)].filter(([, task]) => actionsOf(task).some(isFunction)).map(([path]) => path);
}

/** Throws `FunctionTaskError` for a workflow that no other machine could carry out. */
export function checkForFleet({ definition }: Workflow): void {
  const tasks = functionTasks(definition);
  if (tasks.length > 0)
    throw new FunctionTaskError(tasks, "agents are other processes and cannot call functions of this one");
}

/** Throws `AgentTaskError` for a workflow with tasks that only an agent can carry out. */
export function checkForProcess({ definition }: Workflow): void {
  const tasks = [...everyTask(definition)].filter(([, task]) => !canRunHere(task));
  if (tasks.length > 0) throw new AgentTaskError(tasks.map(([path]) => path));
}

const KINDS_HERE: readonly TaskAction["kind"][] = ["script", "sleep", "approve", "noop"];

/** Files are laid out and gathered by agents only. */
function canRunHere(task: TaskDefinition): boolean {
  const hasFiles = task.files.in.length > 0 || task.files.out.length > 0;
  return !hasFiles && actionsOf(task).every(({ kind }) => KINDS_HERE.includes(kind));
}

/** Throws `MustWaitError` for a workflow with nodes of which it is known before that they have to wait. */
export function checkForAtOnce({ definition, functions }: Workflow): void {
  const waiting = [...everyNode(definition)].flatMap(([path, node]) => {
    const why = whyWaits(node.fault) ?? (node.type === "task" ? whyTaskWaits(node, functions) : null);
    return why === null ? [] : [{ path, why }];
  });
  if (waiting.length > 0) throw new MustWaitError(waiting);
}

function whyTaskWaits({ action }: TaskDefinition, functions: Workflow["functions"]): string | null {
  if (action.kind === "sleep") return "it sleeps";
  if (action.kind === "approve") return "it waits for a person";
  if (action.kind === "script" && !isFunction(action)) return "its module is loaded first";
  const run = action.kind === "script" ? functions.get(action.export)?.run : undefined;
  return run?.constructor.name === "AsyncFunction" ? "its function is asynchronous" : null;
}

function whyWaits({ retry, backoff, timeoutMs, totalTimeoutMs, then }: FaultPolicy): string | null {
  if (timeoutMs !== null || totalTimeoutMs !== null) return "it has a timeout";
  const mayComeAgain = retry > 0 || then.kind === "compensateAndRetry";
  const isAtOnce = backoff.type === "fixed" && backoff.delayMs === 0;
  return mayComeAgain && !isAtOnce ? `its backoff (${backoff.type}) waits between attempts` : null;
}
