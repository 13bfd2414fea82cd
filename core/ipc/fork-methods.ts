import * as z from "zod/mini";
import type { JsonObject } from "../base/json.ts";
import type { NodePath } from "../model/id.ts";
import type { WorkflowProblem } from "../model/problem.ts";
import { json, oneRun, pointInTime, runId, runSource, shortText } from "./params.ts";
import type { Replies } from "./shapes.ts";
import { count, jsonObject, path, problem, text } from "./shapes.ts";

// What is asked before a run is forked.

export const forkParams = z.object({
  run: runId,
  at: z.optional(pointInTime),
  source: z.optional(runSource),
  inputs: z.record(z.string(), json),
  out: z.optional(shortText),
});

export const forkMethodParams = {
  /** With the same parameters as `run.fork`: what it would keep and do again. Starts nothing. */
  "run.fork-preview": forkParams,
  /** The text a run was started with, to be edited. */
  "run.text": oneRun,
} as const;

/** How many tasks, and which: of very many the first. */
export interface SomePaths {
  readonly count: number;
  readonly paths: readonly NodePath[];
}

export interface ForkPreview {
  /** What is wrong with the definition; then nothing else is known. */
  readonly problems: readonly WorkflowProblem[];
  /** The definition's inputs as JSON Schema. */
  readonly inputs: JsonObject | null;
  /** What the fork would be given: the original's inputs, as far as they are asked for, and those of the request. */
  readonly given: JsonObject;
  readonly inputProblems: readonly { readonly name: string; readonly message: string }[];
  /** Null while there are problems. Of very large runs only what could be kept is known, and the plan is not exact. */
  readonly plan: {
    readonly isExact: boolean;
    readonly kept: SomePaths;
    readonly again: SomePaths;
    /** Tasks that had not begun in the original. */
    readonly first: SomePaths;
  } | null;
}

export interface RunText {
  readonly text: string;
  /** Where its own files are. */
  readonly folder: string;
  /** The workflows in it, by how they are referred to. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Not as it was written: comments are lost. */
  readonly isPrinted: boolean;
}

export interface ForkResults {
  readonly "run.fork-preview": ForkPreview;
  readonly "run.text": RunText;
}

const somePaths = z.object({ count, paths: z.array(path) });

export const forkReplies: Replies<ForkResults> = {
  "run.fork-preview": z.object({
    problems: z.array(problem),
    inputs: z.nullable(jsonObject),
    given: jsonObject,
    inputProblems: z.array(z.object({ name: text, message: text })),
    plan: z.nullable(z.object({ isExact: z.boolean(), kept: somePaths, again: somePaths, first: somePaths })),
  }),
  "run.text": z.object({
    text,
    folder: text,
    files: z.array(z.object({ name: text, text })),
    isPrinted: z.boolean(),
  }),
};
