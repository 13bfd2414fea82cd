/** A file of the app's that could not be found, sent or fetched. */
export class FileDeskError extends Error {
  /** `no-match`, `not-allowed`, `unreachable`, `cancelled`, `changed`, or what the agent answered (`missing`, `corrupt`, `disk-full` …). */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
