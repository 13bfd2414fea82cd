const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Whether the file system had no room for what was to be written. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && FULL.has(String(error.code));
}
