import { readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { Result } from "#core/base/result.ts";
import { err, ok } from "#core/base/result.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import type { Output } from "./output.ts";
import { problemRecord } from "./json-lines.ts";

/** Rule FILE-7; looked at before the file is read. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
const EXTENSIONS = ["", ".yaml", ".yml", ".json"];

/** A file's text; the error says why it cannot be read. */
function readText(file: string): Result<string, string> {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) return err(`${file} has ${size} bytes; a workflow file may have ${MAX_FILE_BYTES}`);
    return ok(readFileSync(file, "utf8"));
  } catch (error) {
    return err(`${file} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a workflow in the file `from` refers to: a file beside it, with or without its extension. */
function resolveReference(reference: string, from: string): Result<{ file: string; text: string }, string> {
  if (isAbsolute(reference))
    return err(`expected a path relative to ${from} or a name, found the absolute path ${reference}`);
  let problem = "";
  for (const extension of EXTENSIONS) {
    const file = join(dirname(from), reference + extension);
    const text = readText(file);
    if (text.ok) return ok({ file, text: text.value });
    problem ||= text.error;
  }
  return err(problem);
}

/** The workflow in `file`, or everything that is wrong with it. */
export function readWorkflow(file: string): Result<WorkflowDefinition, readonly WorkflowProblem[]> {
  const text = readText(file);
  if (text.ok) return parseWorkflow(text.value, { file, resolve: resolveReference });
  return err([{ file, line: 1, column: 1, code: "unreadable", message: text.error, suggestion: null }]);
}

/** Tells what is wrong with a file, a line for each. */
export function tellProblems(output: Output, problems: readonly WorkflowProblem[]): void {
  for (const problem of problems) {
    output.record(problemRecord(problem));
    output.note(problemText(problem));
  }
}

/** `file:line:column: message (code)`, as editors and terminals make links of. */
function problemText(problem: WorkflowProblem): string {
  const { file, line, column, code, message, suggestion } = problem;
  const hint = suggestion === null ? "" : `; did you mean ${suggestion}?`;
  return `${file}:${line}:${column}: ${message}${hint} [${code}]`;
}
