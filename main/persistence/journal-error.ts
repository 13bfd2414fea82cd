import path from "node:path";

/** The journal refused or could not do its work. `code` is stable. */
export class JournalError extends Error {
  readonly code: "gap" | "newer" | "damaged" | "full" | "unavailable";

  constructor(code: JournalError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What went wrong with the journal in `file`, from what SQLite says of it. */
export function toJournalError(error: unknown, doing: string, file: string): JournalError {
  if (error instanceof JournalError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/database or disk is full/i.test(message)) {
    const what = `the disk of ${path.dirname(file)} is full (${doing}): free some space`;
    return new JournalError("full", `${what}; nothing accepted is lost, and work goes on by itself`, error);
  }
  if (isDamage(error) || /malformed|not a database|corrupt/i.test(message)) {
    const what = `the journal ${file} is damaged (${message}, ${doing})`;
    const advice = `put a backup of it in its place, or move it and the files ${path.basename(file)}-wal and -shm away to begin with an empty one: the runs in it are gone then`;
    return new JournalError("damaged", `${what}: ${advice}`, error);
  }
  return new JournalError("unavailable", `the journal ${file} failed (${doing}): ${message}`, error);
}

/** SQLITE_CORRUPT, FORMAT, NOTADB: the file is not what was written. */
const DAMAGE_CODES: ReadonlySet<number> = new Set([11, 24, 26]);
const PRIMARY_CODE = 0xff;

function isDamage(error: unknown): boolean {
  if (!(error instanceof Error && "errcode" in error && typeof error.errcode === "number")) return false;
  return DAMAGE_CODES.has(error.errcode & PRIMARY_CODE);
}
