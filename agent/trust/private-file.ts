import { chmod, mkdir, readFile } from "node:fs/promises";
import { writeDurably } from "../disk/durable-file.ts";

/** A file of the agent's own trust that cannot be used. */
export class TrustFileError extends Error {
  readonly code = "trust-file";
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.path = path;
  }
}

/** Makes the folder, and keeps everybody else out of it even if it was there already. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
}

/** The file's text, or `undefined` when there is none. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new TrustFileError(path, "cannot be read", { cause: error });
  }
}

/** Replaces the file as a whole, for its owner only; on return it survives a power cut. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  try {
    await writeDurably(path, text);
  } catch (error) {
    throw new TrustFileError(path, "cannot be written", { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
