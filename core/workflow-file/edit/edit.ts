import { err, ok } from "../../base/result.ts";
import type { WorkflowProblem } from "../../model/problem.ts";
import { checkWorkflow, type Resolve } from "../parse.ts";
import { Refusal, type Edited, type EditResult } from "./problem.ts";

/** Subworkflows are other files: whoever edits need not have them at hand, so nothing is said of them. */
const UNKNOWN: Resolve = () => err("it is not looked at while editing");

/** What the parser says of a text, subworkflows left aside. */
export function problemsOf(text: string): readonly WorkflowProblem[] {
  return checkWorkflow(text, { file: "workflow", resolve: UNKNOWN }).problems.filter(
    ({ code }) => code !== "subworkflow",
  );
}

/** Carries out an edit. Its outcome has no error that the text did not have before; otherwise the first of them is the refusal. */
export function edit(text: string, work: () => Edited): EditResult {
  try {
    const edited = work();
    if (edited.text === text) return ok(edited);
    const fresh = freshProblem(text, edited.text);
    if (fresh === null) return ok(edited);
    return err({ code: fresh.code === "cycle" ? "cycle" : "refused", message: fresh.message });
  } catch (error) {
    if (error instanceof Refusal) return err(error.problem);
    throw error;
  }
}

/** Messages name ids, which edits change; so errors are counted by code. */
function freshProblem(before: string, after: string): WorkflowProblem | null {
  const known = new Map<string, number>();
  for (const { code, severity } of problemsOf(before))
    if (severity === "error") known.set(code, (known.get(code) ?? 0) + 1);
  for (const problem of problemsOf(after)) {
    if (problem.severity !== "error") continue;
    const left = known.get(problem.code) ?? 0;
    if (left === 0) return problem;
    known.set(problem.code, left - 1);
  }
  return null;
}
