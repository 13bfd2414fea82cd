/** The journal refused or could not do its work. `code` is stable. */
export class JournalError extends Error {
  readonly code: "gap" | "newer" | "damaged" | "full" | "unavailable";

  constructor(code: JournalError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What went wrong, from what SQLite says of it. */
export function toJournalError(error: unknown, doing: string): JournalError {
  if (error instanceof JournalError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/database or disk is full/i.test(message)) {
    return new JournalError(
      "full",
      `the disk is full while ${doing}: free some space; nothing accepted is lost`,
      error,
    );
  }
  if (/malformed|not a database|corrupt/i.test(message)) {
    return new JournalError(
      "damaged",
      `the journal is damaged (${message}) while ${doing}: restore the file from a backup`,
      error,
    );
  }
  return new JournalError("unavailable", `the journal failed while ${doing}: ${message}`, error);
}
