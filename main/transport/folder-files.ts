import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { glob } from "tinyglobby";
import { whyBadFileName, whyBadPattern } from "#core/model/file-name.ts";
import type { Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import { MAX_FILES } from "#core/protocol/limits.ts";
import { FileDeskError } from "./file-desk-error.ts";

/** Files of a folder that match a glob, hashed, sorted by name. Rule FLEET-9. */
export async function findFiles(folder: string, pattern: string): Promise<readonly FileRef[]> {
  const why = whyBadPattern(pattern);
  if (why !== undefined)
    throw new FileDeskError("not-allowed", `the glob ${JSON.stringify(pattern)} cannot be used: ${why}`);
  const names = await glob(pattern, {
    cwd: folder,
    onlyFiles: true,
    followSymbolicLinks: true,
    expandDirectories: false,
  });
  if (names.length === 0)
    throw new FileDeskError("no-match", `no file in ${folder} matches ${JSON.stringify(pattern)}`);
  if (names.length > MAX_FILES) {
    throw new FileDeskError(
      "not-allowed",
      `${JSON.stringify(pattern)} matches ${names.length} files, more than ${MAX_FILES}`,
    );
  }
  const found: FileRef[] = [];
  for (const name of names.sort()) found.push(await describe(folder, name));
  return found;
}

/** The real path of a file of the folder. A link that leads out of the folder is refused. */
export async function placeInFolder(folder: string, name: string): Promise<string> {
  const why = whyBadFileName(name);
  if (why !== undefined)
    throw new FileDeskError("not-allowed", `the file ${JSON.stringify(name)} cannot be used: ${why}`);
  const root = await realpath(folder);
  const real = await realpath(join(folder, name));
  if (real.startsWith(root.endsWith(sep) ? root : root + sep)) return real;
  throw new FileDeskError(
    "not-allowed",
    `the file ${JSON.stringify(name)} is outside of ${folder}: a link leads there`,
  );
}

async function describe(folder: string, name: string): Promise<FileRef> {
  const path = await placeInFolder(folder, name);
  if (!(await stat(path)).isFile())
    throw new FileDeskError("not-allowed", `${JSON.stringify(name)} is no regular file`);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { name, sha256: hash.digest("hex") as Sha256, sizeBytes };
}
