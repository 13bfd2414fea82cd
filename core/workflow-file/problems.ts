import type { WorkflowProblem } from "../model/problem.ts";
import { MAX_PROBLEMS, MAX_PROBLEMS_SOUGHT } from "./limits.ts";

/** Where something stands in a file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Gathers what is wrong with one file, in any order. */
export class Problems {
  readonly file: string;
  #found: WorkflowProblem[] = [];
  #count = 0;
  #errorCount = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** So many problems that more of them help nobody: costly checks are skipped from here on. */
  get isFull(): boolean {
    return this.#count >= MAX_PROBLEMS_SOUGHT;
  }

  get hasErrors(): boolean {
    return this.#errorCount > 0;
  }

  add(position: Position, code: string, message: string, suggestion: string | null = null): void {
    this.#errorCount++;
    this.#put({ ...this.#at(position), severity: "error", code, message, suggestion });
  }

  /** What is allowed and yet looks like a mistake. */
  warn(position: Position, code: string, message: string): void {
    this.#put({ ...this.#at(position), severity: "warning", code, message, suggestion: null });
  }

  #at({ line, column }: Position): Pick<WorkflowProblem, "file" | "line" | "column"> {
    return { file: this.file, line, column };
  }

  #put(problem: WorkflowProblem): void {
    this.#count++;
    if (this.#found.length < MAX_PROBLEMS_SOUGHT) this.#found.push(problem);
  }

  /** Counts problems that nobody will look at, because there are so many before them. */
  addUntold(count: number): void {
    this.#count += count;
    this.#errorCount += count;
  }

  /** In the order of the file, each once, at most `MAX_PROBLEMS` and a last line that says how many more there are. */
  toList(): readonly WorkflowProblem[] {
    const sorted = [...this.#found].sort((a, b) => a.line - b.line || a.column - b.column);
    const unique = sorted.filter((problem, index) => !isSame(problem, sorted[index - 1]));
    if (unique.length <= MAX_PROBLEMS) return unique;
    // Warnings are the first to go.
    const errors = unique.filter(({ severity }) => severity === "error");
    const told = errors.length >= MAX_PROBLEMS ? errors.slice(0, MAX_PROBLEMS) : unique.slice(0, MAX_PROBLEMS);
    const last = told.at(-1);
    const more = unique.length - MAX_PROBLEMS + (this.#count - this.#found.length);
    const position = { file: this.file, line: last?.line ?? 1, column: last?.column ?? 1 };
    const severity = this.hasErrors ? "error" : "warning";
    const message = `and at least ${more} more problems`;
    return [...told, { ...position, severity, code: "more", message, suggestion: null }];
  }
}

function isSame(a: WorkflowProblem, b: WorkflowProblem | undefined): boolean {
  return b !== undefined && a.line === b.line && a.column === b.column && a.code === b.code && a.message === b.message;
}

/** `file:line:column: message (did you mean x?)`, in one line; a warning says that it is one. */
export function formatProblem(problem: WorkflowProblem): string {
  const suggestion = problem.suggestion === null ? "" : ` (did you mean ${problem.suggestion}?)`;
  const kind = problem.severity === "warning" ? "warning: " : "";
  const text = `${problem.file}:${problem.line}:${problem.column}: ${kind}${problem.message}${suggestion}`;
  return text.replace(/[\u0000-\u001f\u007f]+/g, " ");
}
