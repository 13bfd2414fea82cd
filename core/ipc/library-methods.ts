import * as z from "zod/mini";
import type { JsonObject } from "../base/json.ts";
import type { WorkflowProblem } from "../model/problem.ts";
import type { RunHead, RunLine } from "../model/run.ts";
import type { WorkflowSource } from "./params.ts";
import { shortText, workflowSource } from "./params.ts";
import type { Of, Replies } from "./shapes.ts";
import { count, jsonObject, problem, runHead, runLine, text } from "./shapes.ts";

// Workflows that are kept.

/** Longer texts do not fit a frame; files by path may be larger. */
const MAX_TEXT_LENGTH = 2 * 1024 * 1024;
const workflowText = z.string().check(z.maxLength(MAX_TEXT_LENGTH));

export const libraryParams = {
  "library.list": z.object({}),
  "library.read": z.object({ source: workflowSource }),
  /** What `library.read` would say of a text that nobody has written yet; `name` is where it is to be kept. */
  "library.check": z.object({ name: shortText, text: workflowText }),
  /** `expected`: the text that is there, as far as the writer knows; null: nothing may be there. */
  "library.save": z.object({ name: shortText, text: workflowText, expected: z.nullable(workflowText) }),
  /** Puts a workflow of one's own aside. */
  "library.remove": z.object({ name: shortText }),
  "library.restore": z.object({ kept: shortText }),
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
  /** Whether it is the user's own, and may be written. Absent: no. */
  readonly isOwn?: boolean | undefined;
}

export interface LibraryText {
  readonly text: string;
  readonly problems: readonly WorkflowProblem[];
  /** The definition's inputs as JSON Schema, for the form; null while there are errors. */
  readonly inputs: JsonObject | null;
  /** Null while there are errors. Nodes as `RunLine` would have them before a start. */
  readonly preview: RunLine | null;
  readonly isOwn?: boolean | undefined;
}

export interface LibraryResults {
  readonly "library.list": readonly LibraryEntry[];
  readonly "library.read": LibraryText;
  readonly "library.check": LibraryText;
  readonly "library.save": { readonly name: string };
  /** `kept` is what `library.restore` asks for. */
  readonly "library.remove": { readonly kept: string };
  readonly "library.restore": { readonly name: string };
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
  isOwn: z.optional(z.boolean()),
});

const libraryText: Of<LibraryText> = z.object({
  text,
  problems: z.array(problem),
  inputs: z.nullable(jsonObject),
  preview: z.nullable(runLine),
  isOwn: z.optional(z.boolean()),
});

export const libraryReplies: Replies<LibraryResults> = {
  "library.list": z.array(libraryEntry),
  "library.read": libraryText,
  "library.check": libraryText,
  "library.save": z.object({ name: text }),
  "library.remove": z.object({ kept: text }),
  "library.restore": z.object({ name: text }),
};
