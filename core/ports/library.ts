import type { Result } from "../base/result.ts";
import type { WorkflowSource } from "../ipc/params.ts";

/** A workflow's text and where it stands. `folder` is where its `files` and references are looked for. */
export interface WorkflowText {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
}

/** The workflow files the app can read: the library's folders and any file of the user's by path. */
export interface Library {
  /** Names of the library, sorted. */
  names(): readonly string[];
  /** The message of a failure says what was looked for and where. */
  read(source: WorkflowSource): Result<WorkflowText, string>;
  /** A file that a workflow in `from` refers to, or a name of the library. */
  resolve(reference: string, from: string): Result<{ readonly file: string; readonly text: string }, string>;
  /** What is wrong with a module that the workflow in `file` names, what it imports included, or null. Rule FILE-3. */
  checkModule(module: string, file: string): string | null;
  /** Where `collect` puts the files of a run: an absolute folder. */
  outFolder(run: string, source: WorkflowSource, out: string | null): string;
}
