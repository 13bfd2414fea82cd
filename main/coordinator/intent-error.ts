/** A request that cannot be done. `code` is stable; the message says what was expected, what was found and what to do. */
export class IntentError extends Error {
  readonly code: string;
  readonly details: unknown;

  constructor(code: string, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
