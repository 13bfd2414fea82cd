import { existsSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { Json } from "#core/base/json.ts";
import type { RunInputs } from "#core/ipc/methods.ts";
import type { WorkflowSource } from "#core/ipc/params.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { checkInputs, parseInputText } from "#core/workflow-file/inputs.ts";
import type { CheckedWorkflow } from "#core/workflow-file/parse.ts";
import { checkWorkflow } from "#core/workflow-file/parse.ts";
import { formatProblem } from "#core/workflow-file/problems.ts";
import { libraryFolders } from "../host/library-folders.ts";
import { FolderLibrary } from "../persistence/folder-library.ts";
import { CommandError } from "./command-error.ts";
import { problemRecord } from "./json-lines.ts";
import type { Output } from "./output.ts";

/** A file where there is one, or where the words can only mean one; otherwise a name of the library. */
export function toSource(words: string): WorkflowSource {
  const isFile = existsSync(words) || /[/\\]|\.(ya?ml|json)$/i.test(words);
  return isFile ? { kind: "file", file: resolve(words) } : { kind: "library", name: words };
}

/** The workflow that `words` mean and what is to be said of it, read as the coordinator of `dataDir` reads it. Errors leave no definition. */
export function readWorkflow(dataDir: string, words: string): CheckedWorkflow {
  const library = new FolderLibrary(libraryFolders(dataDir), dataDir);
  const source = toSource(words);
  const found = library.read(source);
  if (!found.ok) {
    const place = { file: words, line: 1, column: 1 };
    const problem = {
      ...place,
      severity: "error",
      code: "unreadable",
      message: found.error,
      suggestion: null,
    } as const;
    return { definition: null, problems: [problem] };
  }
  const { file, text } = found.value;
  const { definition, problems } = checkWorkflow(text, {
    file,
    resolve: (reference, from) => library.resolve(reference, from),
    checkModule: (module, of) => library.checkModule(module, of),
  });
  // People know a file by the words they gave, and others by their way from where they are.
  const nameOf = (name: string): string => (name === file && source.kind === "file" ? words : shorten(name));
  return { definition, problems: problems.map((problem) => ({ ...problem, file: nameOf(problem.file) })) };
}

function shorten(file: string): string {
  const way = relative(process.cwd(), file);
  return way.startsWith("..") || isAbsolute(way) ? file : way;
}

/** Tells what is wrong with a file, a line for each. */
export function tellProblems(output: Output, problems: readonly WorkflowProblem[]): void {
  for (const problem of problems) {
    output.record(problemRecord(problem));
    output.note(formatProblem(problem));
  }
}

/** Tells people what looks like a mistake in a workflow that can run all the same. */
export function noteWarnings(output: Output, problems: readonly WorkflowProblem[]): void {
  for (const problem of problems) output.note(formatProblem(problem));
}

/** `--input NAME=VALUE` as values of the types the workflow asks for. Throws a `CommandError` that names every problem. */
export function toInputs(definition: WorkflowDefinition, pairs: readonly (readonly [string, string])[]): RunInputs {
  const inputs: Record<string, Json> = {};
  const problems: string[] = [];
  for (const [name, text] of pairs) {
    const value = parseInputText(definition, name, text);
    if (value.ok) inputs[name] = value.value;
    else problems.push(value.error.message);
  }
  const checked = checkInputs(definition, inputs);
  if (problems.length === 0 && !checked.ok) problems.push(...checked.error.map(({ message }) => message));
  if (problems.length > 0) throw new CommandError("inputs", problems.join("; "));
  return inputs;
}
