import { readFileSync } from "node:fs";
import path from "node:path";
import type { Result } from "#core/base/result.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { parseWorkflow, type Resolve } from "#core/workflow-file/parse.ts";
import { formatProblem } from "#core/workflow-file/problems.ts";

export const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Parses a text whose subworkflows are the other texts. */
export function parseText(
  text: string,
  others: Readonly<Record<string, string>> = {},
): Result<WorkflowDefinition, readonly WorkflowProblem[]> {
  const resolve: Resolve = (reference) => {
    const found = others[reference];
    return found === undefined
      ? { ok: false, error: "there is no such file" }
      : { ok: true, value: { file: reference, text: found } };
  };
  return parseWorkflow(text, { file: "main.yaml", resolve });
}

/** Parses a file of a folder; files are named in problems as they are in the folder. */
export function parseFile(folder: string, name: string): Result<WorkflowDefinition, readonly WorkflowProblem[]> {
  const read = (file: string): string => readFileSync(path.join(ROOT, folder, file), "utf8");
  const resolve: Resolve = (reference, from) => {
    const file = path.join(path.dirname(from), reference);
    try {
      return { ok: true, value: { file, text: read(file) } };
    } catch {
      // The only thing that goes wrong here is that the file is not there.
      return { ok: false, error: "there is no such file" };
    }
  };
  return parseWorkflow(read(name), { file: name, resolve });
}

/** The definition, or a failed test that says what is wrong with it. */
export function sound(result: Result<WorkflowDefinition, readonly WorkflowProblem[]>): WorkflowDefinition {
  if (result.ok) return result.value;
  throw new Error(result.error.map(formatProblem).join("\n"));
}

/** The problems as `line:column code message (did you mean …)`. */
export function problemsOf(result: Result<WorkflowDefinition, readonly WorkflowProblem[]>): readonly string[] {
  if (result.ok) return [];
  return result.error.map((problem) => `${problem.code} ${formatProblem(problem)}`);
}

/** A workflow around some lines of nodes. */
export function workflow(nodes: string, before = ""): string {
  return `lanweave: 1\nname: test\n${before}nodes:\n${nodes}`;
}
