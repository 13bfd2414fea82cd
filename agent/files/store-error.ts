import { isDiskFull } from "#system/disk-full.ts";

/** A file that could not be kept, given or fetched. */
export class StoreError extends Error {
  /** As in `refused` of the file protocol: `missing`, `corrupt`, `disk-full`, `too-large`, `offset`, `malformed`, `failed`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What an error of the file system means to who asked for it; any other stays as it is. */
export function toStoreError(error: unknown): Error {
  if (isDiskFull(error)) {
    const message = "its disk is full: there is no room for what was to be written";
    return new StoreError("disk-full", message, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}
