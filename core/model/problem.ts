/** One thing wrong with a workflow file. Lines and columns count from 1. Rule FILE-6. */
export interface WorkflowProblem {
  /** A warning keeps nobody from running the workflow. */
  readonly severity: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Stable: `unknown-key`, `cycle`, `duplicate-id`, `expression`, `type`, `missing-dependency` … */
  readonly code: string;
  /** What was expected and what was found. */
  readonly message: string;
  /** What was probably meant, or null. */
  readonly suggestion: string | null;
}
