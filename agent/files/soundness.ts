import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Sha256 } from "#core/model/id.ts";

/** Of a stored file, at a time. */
export const READ_BYTES = 1024 * 1024;
/** The disk cannot read it, or it is no file. */
const UNREADABLE: ReadonlySet<string> = new Set(["EIO", "EISDIR"]);

/**
 * Which stored files are what their names say. What this process has put there was hashed on its way in; what an earlier one has left
 * may have suffered on the disk since, and is hashed before its first use.
 */
export class Soundness {
  readonly #known = new Map<string, Promise<boolean>>();

  /** It was hashed on its way in. */
  vouchFor(path: string): void {
    this.#known.set(path, Promise.resolve(true));
  }

  forget(path: string): void {
    this.#known.delete(path);
  }

  /** Rejects when that cannot be found out now. */
  isSound(path: string, sha256: Sha256): Promise<boolean> {
    const known = this.#known.get(path) ?? hash(path).then((found) => found === sha256, isNotUnreadable);
    this.#known.set(path, known);
    known.catch(() => this.#known.delete(path));
    return known;
  }
}

async function hash(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) digest.update(chunk);
  return digest.digest("hex");
}

/** False for what no later try would read either; else the error goes on. */
function isNotUnreadable(error: unknown): boolean {
  if (error instanceof Error && "code" in error && UNREADABLE.has(String(error.code))) return false;
  throw error;
}
