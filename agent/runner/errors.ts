import { isDiskFull } from "#system/disk-full.ts";

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
  if (isDiskFull(error)) return { code: "disk-full", message: `the disk of this agent is full: ${message}` };
  return { code: error instanceof AttemptError ? error.code : code, message };
}

/** The error's own word for itself, if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
