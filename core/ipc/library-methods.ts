import * as z from "zod/mini";
import type { JsonObject } from "../base/json.ts";
import type { WorkflowProblem } from "../model/problem.ts";
import type { RunHead, RunLine } from "../model/run.ts";
import type { WorkflowSource } from "./params.ts";
import { workflowSource } from "./params.ts";
import type { Of, Replies } from "./shapes.ts";
import { count, jsonObject, problem, runHead, runLine, text } from "./shapes.ts";

// Workflows that are kept.

export const libraryParams = {
  "library.list": z.object({}),
  "library.read": z.object({ source: workflowSource }),
} as const;

export interface LibraryEntry {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Task nodes as written, before any `forEach`. */
  readonly nodeCount: number;
  readonly source: WorkflowSource;
  /** Errors and warnings. */
  readonly problems: readonly WorkflowProblem[];
  readonly lastRun: RunHead | null;
}

export interface LibraryText {
  readonly text: string;
  readonly problems: readonly WorkflowProblem[];
  /** The definition's inputs as JSON Schema, for the form; null while there are errors. */
  readonly inputs: JsonObject | null;
  /** Null while there are errors. Nodes as `RunLine` would have them before a start. */
  readonly preview: RunLine | null;
}

export interface LibraryResults {
  readonly "library.list": readonly LibraryEntry[];
  readonly "library.read": LibraryText;
}

const libraryEntry: Of<LibraryEntry> = z.object({
  name: text,
  title: text,
  description: text,
  nodeCount: count,
  source: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("file"), file: text }),
    z.object({ kind: z.literal("library"), name: text }),
  ]),
  problems: z.array(problem),
  lastRun: z.nullable(runHead),
});

export const libraryReplies: Replies<LibraryResults> = {
  "library.list": z.array(libraryEntry),
  "library.read": z.object({
    text,
    problems: z.array(problem),
    inputs: z.nullable(jsonObject),
    preview: z.nullable(runLine),
  }),
};
