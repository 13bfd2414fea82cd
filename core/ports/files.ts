import type { LinkTarget } from "./link.ts";
import type { FileRef } from "../model/run.ts";
import type { Sha256 } from "../model/id.ts";
import type { CancelSignal } from "../base/cancel.ts";

/** The app's own files: those of a workflow's folder on the way out, those of `collect` on the way home. Rule FLEET-9. */
export interface FileDesk {
  /**
   * Files below `folder` that match the glob, hashed, sorted by name. Links that lead out of the folder and `..` are refused with a
   * `FileDeskError`; a pattern without a match is an error that names it.
   */
  find(folder: string, pattern: string): Promise<readonly FileRef[]>;
  /** Sends a file of `folder` to an agent's store unless it has it. */
  put(target: LinkTarget, folder: string, file: FileRef, signal: CancelSignal): Promise<void>;
  /** Fetches by content from the first of `holders` that gives it, verified, and puts it in place at once (`to` is absolute). */
  fetch(
    holders: readonly LinkTarget[],
    sha256: Sha256,
    sizeBytes: number,
    to: string,
    signal: CancelSignal,
  ): Promise<void>;
}
