import { stat as statWithCallback } from "node:fs";
import { access, constants, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { glob } from "tinyglobby";
import { whyBadFileName, whyBadPattern } from "#core/model/file-name.ts";
import type { FileRef } from "#core/model/run.ts";
import type { FileTroubleCode } from "#core/ports/files.ts";
import { MAX_FILES } from "#core/protocol/limits.ts";
import { FileDeskError, toLocalError } from "./file-desk-error.ts";
import { hashFile } from "./hash-file.ts";

/** Files of a folder that match a glob, hashed, sorted by name. Rule FLEET-9. */
export async function findFiles(folder: string, pattern: string): Promise<readonly FileRef[]> {
  const why = whyBadPattern(pattern);
  if (why !== undefined)
    throw new FileDeskError("not-allowed", `the glob ${JSON.stringify(pattern)} cannot be used: ${why}`);
  await checkFolder(folder);
  const names = await namesMatching(folder, pattern);
  if (names.length === 0) {
    const message = `no file in ${folder} matches ${JSON.stringify(pattern)}`;
    throw new FileDeskError("no-match", `${message}${await whatElse(folder, pattern)}`);
  }
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

/** What is there under that very name, in case it is no file. */
async function whatElse(folder: string, pattern: string): Promise<string> {
  const name = pattern.replace(/\\(.)/g, "$1").replace(/\/$/, "");
  const found = await stat(join(folder, name)).catch(() => undefined);
  if (found === undefined) return "";
  return found.isDirectory()
    ? `: ${JSON.stringify(name)} is a folder; ${JSON.stringify(`${name}/**`)} names what is in it`
    : `: ${JSON.stringify(name)} is no regular file`;
}

/** A glob finds nothing in a folder that is not there or cannot be read, which is another trouble. */
async function checkFolder(folder: string): Promise<void> {
  const what = `the folder ${folder} cannot be read`;
  try {
    if (!(await stat(folder)).isDirectory()) throw new FileDeskError("no-folder", `${folder} is no folder`);
    await access(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw toLocalError(error, what, "no-folder");
  }
}

async function namesMatching(folder: string, pattern: string): Promise<string[]> {
  try {
    const fs = { stat: statBelow(await realpath(folder)) };
    return await glob(pattern, {
      cwd: folder,
      onlyFiles: true,
      followSymbolicLinks: true,
      expandDirectories: false,
      fs,
    });
  } catch (error) {
    throw toLocalError(error, `${JSON.stringify(pattern)} cannot be looked for in ${folder}`, "no-folder");
  }
}

/**
 * `stat` by which a folder outside of `root` is no folder: a link to it is found as if it were a file, and refused as one, before
 * anybody walks through half a disk.
 */
function statBelow(root: string): typeof statWithCallback {
  return new Proxy(statWithCallback, {
    apply(_target, _self, [path, callback]: [string, (error: Error | null, stats?: FoundStats) => void]): void {
      stat(path).then(
        (stats) => {
          const isDirectory = (): boolean => stats.isDirectory() && (path === root || isBelow(root, path));
          callback(null, { isDirectory });
        },
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
}

/** All that is asked of what was found. */
interface FoundStats {
  isDirectory(): boolean;
}

function isBelow(root: string, real: string): boolean {
  return real.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** What people call a file, and what it means when it is not there. */
interface FileWords {
  readonly what: string;
  readonly gone: FileTroubleCode;
}

/** The real path of a file of the folder. A link that leads out of the folder is refused. */
export async function placeInFolder(
  folder: string,
  name: string,
  { what, gone }: FileWords = { what: `the file ${JSON.stringify(name)}`, gone: "changed" },
): Promise<string> {
  const why = whyBadFileName(name);
  if (why !== undefined) throw new FileDeskError("not-allowed", `${what} cannot be used: ${why}`);
  const root = await realPath(folder, `the folder ${folder} cannot be found`, "no-folder");
  const real = await realPath(join(folder, name), `${what} cannot be found`, gone);
  if (isBelow(root, real)) return real;
  throw new FileDeskError("not-allowed", `${what} is outside of ${folder}: a link leads there`);
}

async function realPath(path: string, what: string, gone: FileTroubleCode): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw toLocalError(error, what, gone);
  }
}

async function describe(folder: string, name: string): Promise<FileRef> {
  const path = await placeInFolder(folder, name);
  return { name, ...(await hashFile(path, name)) };
}
