import type { WorkflowProblem } from "#core/model/problem.ts";

/** A workflow that the validator refuses. `problems` has all of them, as `lanweave validate` would print them. */
export class WorkflowError extends Error {
  readonly code = "invalid-workflow";
  readonly problems: readonly WorkflowProblem[];

  constructor(name: string, problems: readonly WorkflowProblem[], textOf: (problem: WorkflowProblem) => string) {
    const lines = problems.map(({ message, suggestion, ...place }) => {
      const hint = suggestion === null ? "" : ` (did you mean ${suggestion}?)`;
      return `  ${message}${hint}, at ${textOf({ message, suggestion, ...place })}`;
    });
    super(`the workflow "${name}" is not sound:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** Tasks that are functions of this process are to go where functions cannot: to a file, or to another machine. */
export class FunctionTaskError extends Error {
  readonly code = "function-task";
  readonly tasks: readonly string[];

  constructor(tasks: readonly string[], where: string) {
    const names = tasks.join(", ");
    super(
      `${where}: ${names} ${tasks.length === 1 ? "is a function" : "are functions"} of this process; give ${tasks.length === 1 ? "it" : "them"} run, argv, script or http instead, or use execute()`,
    );
    this.tasks = tasks;
  }
}

/** Tasks that only an agent can carry out are to run in this process. */
export class AgentTaskError extends Error {
  readonly code = "agent-task";
  readonly tasks: readonly string[];

  constructor(tasks: readonly string[]) {
    super(
      `in this process only functions, script, sleep, approve and noop can run, without files: ${tasks.join(", ")} need an agent; use Coordinator.run, or make them functions`,
    );
    this.tasks = tasks;
  }
}

/** `executeSync` met nodes that have to wait for something. */
export class MustWaitError extends Error {
  readonly code = "must-wait";
  readonly nodes: readonly string[];

  constructor(nodes: readonly { readonly path: string; readonly why: string }[]) {
    const list = nodes.map(({ path, why }) => `${path} (${why})`).join(", ");
    super(`executeSync cannot wait, and these nodes must: ${list}; use execute()`);
    this.nodes = nodes.map(({ path }) => path);
  }
}

/** What a run was asked to do does not fit its state. */
export class RefusedError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
