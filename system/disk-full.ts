const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Whether this is how a file system says that it has no room. */
export function isFullCode(code: string): boolean {
  return FULL.has(code);
}

/** Whether the file system had no room for what was to be written. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && isFullCode(String(error.code));
}
