/** A file that could not be kept, given or fetched. */
export class StoreError extends Error {
  /** As in `refused` of the file protocol: `missing`, `corrupt`, `disk-full`, `offset`, `malformed`, `failed`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
