/** The folder cannot be used as a data folder; the message says why and what to do. */
export class DataFolderError extends Error {
  readonly code = "data-folder";
}

/** A full disk is told as one. */
export function toFolderError(error: unknown, path: string): DataFolderError {
  const isFull = error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
  const reason = error instanceof Error ? error.message : String(error);
  const what = isFull ? "its disk is full: free some space, and start again" : reason;
  return new DataFolderError(`the data folder ${path} cannot be written: ${what}`, { cause: error });
}
