import type { LinkTarget } from "./link.ts";
import type { FileRef } from "../model/run.ts";
import type { Sha256 } from "../model/id.ts";
import type { CancelSignal } from "../base/cancel.ts";

/**
 * Why a file could not be found, sent or fetched; stable. Every rejection of a `FileDesk` is an `Error` with one of these as its `code`.
 * Those that would come again with any other agent (see `isOfWorkflow`):
 * - `no-match`: no file of the folder matches the pattern.
 * - `not-allowed`: a pattern or name that cannot be used, a link that leads out of the folder, no regular file, too many files.
 * - `changed`: a file of the folder is not what it was when it was hashed, or is gone.
 * - `no-folder`: the folder on this machine is not there, or is none.
 * - `no-permission`: this machine does not let the app read or write there.
 * - `no-space`: the disk of this machine is full.
 * - `gone`: a file that another node has made is on no agent any more.
 * Those of the moment, the network or one agent:
 * - `unreachable`: the agent cannot be reached, or does not prove to be the one meant.
 * - `missing`: nobody who was asked has the file.
 * - `corrupt`: somebody has other bytes than the hash says.
 * - `disk-full`: the agent's disk, or its store, is full.
 * - `too-large`: the file is larger than the agent's store may become.
 * - `busy`: the agent takes the same file in already.
 * - `protocol`: the agent said what was not expected.
 * - `failed`: the connection broke off, or something failed on the agent.
 * - `local`: something failed on this machine that is none of the above.
 * - `cancelled`: by the signal.
 */
export type FileTroubleCode =
  | "no-match"
  | "not-allowed"
  | "changed"
  | "no-folder"
  | "no-permission"
  | "no-space"
  | "gone"
  | "unreachable"
  | "missing"
  | "corrupt"
  | "disk-full"
  | "too-large"
  | "busy"
  | "protocol"
  | "failed"
  | "local"
  | "cancelled";

const OF_WORKFLOW: ReadonlySet<string> = new Set<FileTroubleCode>([
  "no-match",
  "not-allowed",
  "changed",
  "no-folder",
  "no-permission",
  "no-space",
  "gone",
]);

/**
 * Whether trouble of this `FileTroubleCode` lies in what the workflow names or in the folders on the app's machine, so that it would come
 * again with any other agent. False for the rest, unknown codes included.
 */
export function isOfWorkflow(code: string): boolean {
  return OF_WORKFLOW.has(code);
}

/** The app's own files: those of a workflow's folder on the way out, those of `collect` on the way home. Rule FLEET-9. */
export interface FileDesk {
  /**
   * Files below `folder` that match the glob, hashed, sorted by name. Links that lead out of the folder and `..` are refused with
   * `not-allowed`; a pattern without a match is an error that names it.
   */
  find(folder: string, pattern: string): Promise<readonly FileRef[]>;
  /**
   * A module of `folder` and the files there that it imports, hashed, the module first. `no-match` when one is not there, `not-allowed` when
   * something cannot be shipped; either names the file and the import. Rule FILE-3.
   */
  findModules(folder: string, module: string): Promise<readonly FileRef[]>;
  /** Sends a file of `folder` to an agent's store unless it has it. */
  put(target: LinkTarget, folder: string, file: FileRef, signal: CancelSignal): Promise<void>;
  /**
   * Fetches by content, verified, and puts it in place at once (`to` is absolute). Holders are asked in turn; what one has sent is gone on
   * with at the next, and where the whole then is not what it should be, each is asked for all of it. Rejects only when none could give
   * it, and names each with what was wrong.
   */
  fetch(
    holders: readonly LinkTarget[],
    sha256: Sha256,
    sizeBytes: number,
    to: string,
    signal: CancelSignal,
  ): Promise<void>;
  /**
   * Brings content from one of the holders to `target`, for machines that this one reaches and that do not reach each other, as on two
   * LANs. Rejects as `fetch` and `put` do. Absent: nothing can be passed on.
   */
  relay?(holders: readonly LinkTarget[], target: LinkTarget, file: FileRef, signal: CancelSignal): Promise<void>;
}
