import { constants, type Stats } from "node:fs";
import { chmod, type FileHandle, lstat, mkdir, open } from "node:fs/promises";
import { writeDurably } from "./durable-file.ts";

/** A file of a program's own trust that cannot be used. */
export class TrustFileError extends Error {
  readonly code = "trust-file";
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.path = path;
  }
}

/** More than any file of the trust folder holds. */
const MAX_FILE_BYTES = 256 * 1024;
const OTHERS = 0o077;

/** Makes the folder, and keeps everybody else out of it even if it was there already. */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const folder = await lstat(path);
    if (!folder.isDirectory()) throw new TrustFileError(path, "expected a folder, found something else");
    checkOwner(path, folder);
    await chmod(path, 0o700);
  } catch (error) {
    throw error instanceof TrustFileError ? error : new TrustFileError(path, "cannot be used", { cause: error });
  }
}

/** The file's text, or `undefined` when there is none. A file that others can read or that is another's is refused. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    const problem = hasCode(error, "ELOOP") ? "expected a file, found a link" : "cannot be read";
    throw new TrustFileError(path, problem, { cause: error });
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new TrustFileError(path, "expected a file, found something else");
    if (found.size > MAX_FILE_BYTES)
      throw new TrustFileError(path, `expected at most ${MAX_FILE_BYTES} bytes, found ${found.size}`);
    checkOwner(path, found);
    checkMode(path, found);
    return await file.readFile("utf8");
  } catch (error) {
    throw error instanceof TrustFileError ? error : new TrustFileError(path, "cannot be read", { cause: error });
  } finally {
    await file.close();
  }
}

/** Windows keeps others out of a user's own folders by itself, and has neither. */
function checkOwner(path: string, { uid }: Stats): void {
  const own = process.getuid?.();
  if (own === undefined || uid === own) return;
  throw new TrustFileError(
    path,
    `expected it to belong to the user who starts this (${own}), found user ${uid}: start it as that user, or give it back with chown`,
  );
}

function checkMode(path: string, { mode }: Stats): void {
  if (process.platform === "win32" || (mode & OTHERS) === 0) return;
  const found = (mode & 0o777).toString(8).padStart(3, "0");
  throw new TrustFileError(
    path,
    `expected a file that only its user can read (mode 600), found mode ${found}. If nobody else can have read it, close it: chmod 600 "${path}". Else what it holds is no secret any more: see "stolen" in docs/security.md`,
  );
}

/** Replaces the file as a whole, for its owner only; on return it survives a power cut. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  try {
    await writeDurably(path, text);
  } catch (error) {
    throw new TrustFileError(path, "cannot be written", { cause: error });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
