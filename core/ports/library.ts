import type { Result } from "../base/result.ts";
import type { WorkflowSource } from "../ipc/params.ts";

/** A workflow's text and where it stands. `folder` is where its `files` and references are looked for. */
export interface WorkflowText {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  /** Whether it may be written: false for the samples that come along and for files by path. */
  readonly isOwn: boolean;
}

/** Why the library was not changed. `changed`: the text there is not the one that was expected. `code` is stable. */
export interface LibraryFailure {
  readonly code: "bad-name" | "too-large" | "exists" | "changed" | "not-found" | "not-own" | "disk";
  readonly message: string;
}

/** Where workflows are read: the library's folders, and any file of the user's by path. */
export interface Library {
  /** Names of the library, sorted. */
  names(): readonly string[];
  /** The message of a failure says what was looked for and where. */
  read(source: WorkflowSource): Result<WorkflowText, string>;
  /** A file that a workflow in `from` refers to, or a name of the library. */
  resolve(reference: string, from: string): Result<{ readonly file: string; readonly text: string }, string>;
  /** Null where it can only be read. */
  readonly keeping: LibraryKeeping | null;
  /** What is wrong with a module that the workflow in `file` names, what it imports included, or null. Rule FILE-3. */
  checkModule(module: string, file: string): string | null;
  /** Where `collect` puts the files of a run: an absolute folder. */
  outFolder(run: string, source: WorkflowSource, out: string | null): string;
}

/** Changes what the library holds of the user's own. */
export interface LibraryKeeping {
  /**
   * Writes a workflow of the user's own, whole and durably. `expected` is the text that is there now as far as the writer knows; null:
   * there must be none of the user's own by this name.
   */
  save(name: string, text: string, expected: string | null): Promise<Result<void, LibraryFailure>>;
  /** Puts a workflow of the user's own aside; what comes back is the name it is restored by. */
  remove(name: string): Promise<Result<string, LibraryFailure>>;
  /** Brings back what was put aside; its name. Fails with `exists` when there is another by now. */
  restore(kept: string): Promise<Result<string, LibraryFailure>>;
}
