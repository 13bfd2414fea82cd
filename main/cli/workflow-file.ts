import { existsSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { Json } from "#core/base/json.ts";
import type { Result } from "#core/base/result.ts";
import { err } from "#core/base/result.ts";
import type { RunInputs, WorkflowSource } from "#core/ipc/methods.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { checkInputs, parseInputText } from "#core/workflow-file/inputs.ts";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
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

/** The workflow that `words` mean, or everything that is wrong with it. Read as the coordinator of `dataDir` reads it. */
export function readWorkflow(dataDir: string, words: string): Result<WorkflowDefinition, readonly WorkflowProblem[]> {
  const library = new FolderLibrary(libraryFolders(dataDir), dataDir);
  const source = toSource(words);
  const found = library.read(source);
  if (!found.ok) {
    return err([{ file: words, line: 1, column: 1, code: "unreadable", message: found.error, suggestion: null }]);
  }
  const { file, text } = found.value;
  const parsed = parseWorkflow(text, {
    file,
    resolve: (reference, from) => library.resolve(reference, from),
    checkModule: (module, of) => library.checkModule(module, of),
  });
  if (parsed.ok) return parsed;
  // People know a file by the words they gave, and others by their way from where they are.
  const nameOf = (name: string): string => (name === file && source.kind === "file" ? words : shorten(name));
  return err(parsed.error.map((problem) => ({ ...problem, file: nameOf(problem.file) })));
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
