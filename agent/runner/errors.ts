/** Why an attempt cannot go on: becomes the failure of its outcome. */
export class AttemptError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The failure that an error of any kind stands for. */
export function toFailure(error: unknown, code: string): { readonly code: string; readonly message: string } {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 16_000);
  return { code: error instanceof AttemptError ? error.code : code, message };
}
