/** Spec, section "The command line". */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  nobody: 3,
  cancelled: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Codes that mean there is nobody to talk to, or not any more. */
const NOBODY = new Set(["nobody", "lost", "version", "unreachable"]);
/** Codes that mean something broke, not that the command was used wrongly. */
const BROKEN = new Set(["internal", "assertion", "reply", "damaged", "full", "unavailable"]);
/** Codes of errors that our own adapters throw with a message for people. */
const TOLD = new Set([
  "held",
  "data-folder",
  "port-taken",
  "window-missing",
  "newer",
  "damaged",
  "full",
  "unavailable",
]);

/** Ends a command: `code` is stable, the message says what was expected, what was found and what to do. */
export class CommandError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.exitCode = exitCodeOf(code);
  }
}

function exitCodeOf(code: string): ExitCode {
  if (NOBODY.has(code)) return EXIT.nobody;
  return BROKEN.has(code) ? EXIT.failed : EXIT.usage;
}

/** The error as what a command ends with, whatever was thrown. */
export function toCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "internal";
  return new CommandError(TOLD.has(code) ? code : "internal", message, { cause: error });
}
