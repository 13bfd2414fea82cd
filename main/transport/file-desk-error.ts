import type { FileTroubleCode } from "#core/ports/files.ts";

/** A file of the app's that could not be found, sent or fetched. */
export class FileDeskError extends Error {
  readonly code: FileTroubleCode;

  constructor(code: FileTroubleCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What errors of this machine's file system mean; any other is `local`. */
const LOCAL_TROUBLE: Readonly<Record<string, FileTroubleCode>> = {
  EACCES: "no-permission",
  EPERM: "no-permission",
  EROFS: "no-permission",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  ENOTDIR: "no-folder",
  EEXIST: "no-folder",
  EISDIR: "not-allowed",
  ENOTEMPTY: "not-allowed",
  ENAMETOOLONG: "not-allowed",
  ELOOP: "not-allowed",
};

/** An error of this machine's file system as one of the desk. `what` could not be done; `gone`: what it means that something is not there. */
export function toLocalError(error: unknown, what: string, gone: FileTroubleCode): FileDeskError {
  if (error instanceof FileDeskError) return error;
  const errno = error instanceof Error && "code" in error ? String(error.code) : "";
  const code = errno === "ENOENT" ? gone : (LOCAL_TROUBLE[errno] ?? "local");
  return new FileDeskError(code, `${what}: ${toText(error)}`, { cause: error });
}

export function toText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
