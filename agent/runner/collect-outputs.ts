import type { Stats } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { glob } from "tinyglobby";
import { whyBadFileName, whyBadPattern } from "#core/model/file-name.ts";
import type { AppId } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import { MAX_FILES } from "#core/protocol/limits.ts";
import { AttemptError } from "./errors.ts";
import type { AttemptFiles } from "./ports.ts";

/** Takes what the globs of `files.out` match into the store, sorted by name. A glob without a match fails the attempt. */
export async function collectOutputs(
  files: AttemptFiles,
  app: AppId,
  patterns: readonly string[],
  work: string,
): Promise<readonly FileRef[]> {
  const names = new Set<string>();
  for (const pattern of patterns) {
    for (const name of await match(pattern, work)) names.add(name);
    if (names.size > MAX_FILES) throw bad(`expected files.out to match at most ${MAX_FILES} files, found more`);
  }
  const root = await realpath(work);
  const found: FileRef[] = [];
  for (const name of [...names].sort()) {
    await checkFile(join(work, name), name, root);
    found.push({ name, ...(await files.keep(app, join(work, name))) });
  }
  return found;
}

async function match(pattern: string, work: string): Promise<readonly string[]> {
  const why = whyBadPattern(pattern);
  if (why !== undefined) throw bad(`the files.out entry ${JSON.stringify(pattern)} cannot be used: ${why}`);
  const names = await glob(pattern, {
    cwd: work,
    onlyFiles: true,
    followSymbolicLinks: false,
    expandDirectories: false,
  });
  if (names.length > 0) return names;
  throw bad(`files.out names ${JSON.stringify(pattern)}, but the task left no such file in its working directory`);
}

async function checkFile(path: string, name: string, root: string): Promise<void> {
  const why = whyBadFileName(name);
  if (why !== undefined) throw bad(`the output file ${JSON.stringify(name)} cannot be taken: ${why}`);
  const stat = await statOf(path, name);
  // A link would give away whatever the agent's user can read, or change after it was hashed.
  if (!stat.isFile())
    throw bad(`the output file ${JSON.stringify(name)} cannot be taken: it is a link or no regular file`);
  const real = await realpath(path);
  if (!real.startsWith(root + sep))
    throw bad(`the output file ${JSON.stringify(name)} cannot be taken: a link leads out of the working directory`);
}

async function statOf(path: string, name: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    // It was found a moment ago, and nothing of the task runs any more: Node has read other bytes as U+FFFD.
    throw bad(`the output file ${JSON.stringify(name)} cannot be taken: its name is not text in UTF-8`);
  }
}

function bad(message: string): AttemptError {
  return new AttemptError("files", message);
}
