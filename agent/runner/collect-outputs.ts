import type { Stats } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { glob } from "tinyglobby";
import { whyBadFileName, whyBadPattern } from "#core/model/file-name.ts";
import type { AppId, RunId } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import { MAX_FILES } from "#core/protocol/limits.ts";
import { isDiskFull } from "#system/disk-full.ts";
import { AttemptError, codeOf } from "./errors.ts";
import type { AttemptFiles } from "./ports.ts";

/** Taken at once: each is made durable, which is mostly waiting. */
const KEEP_AT_ONCE = 8;

/** Takes what the globs of `files.out` match into the store, sorted by name. A glob without a match fails the attempt. */
export async function collectOutputs(
  files: AttemptFiles,
  { app, run }: { readonly app: AppId; readonly run: RunId },
  patterns: readonly string[],
  work: string,
): Promise<readonly FileRef[]> {
  const names = new Set<string>();
  for (const pattern of patterns) {
    for (const name of await match(pattern, work)) names.add(name);
    if (names.size > MAX_FILES) throw bad(`expected files.out to match at most ${MAX_FILES} files, found more`);
  }
  const root = await realpath(work);
  const sorted = [...names].sort();
  const found: FileRef[] = [];
  const waiting = sorted.entries();
  let isFailing = false;
  const keepSome = async (): Promise<void> => {
    try {
      for (const [index, name] of waiting) {
        if (isFailing) return;
        await checkFile(join(work, name), name, root);
        found[index] = { name, ...(await keep(files, app, run, join(work, name), name)) };
      }
    } catch (error) {
      isFailing = true;
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(KEEP_AT_ONCE, sorted.length) }, keepSome));
  const failed = ended.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  await files.flush();
  return found;
}

async function keep(
  files: AttemptFiles,
  app: AppId,
  run: RunId,
  path: string,
  name: string,
): Promise<Omit<FileRef, "name">> {
  try {
    return await files.keep(app, run, path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `the output file ${JSON.stringify(name)} cannot be taken: ${why}`;
    const isFull = isDiskFull(error) || codeOf(error) === "disk-full";
    throw new AttemptError(isFull ? "disk-full" : "files", message, { cause: error });
  }
}

async function match(pattern: string, work: string): Promise<readonly string[]> {
  const why = whyBadPattern(pattern);
  if (why !== undefined) throw bad(`the files.out entry ${JSON.stringify(pattern)} cannot be used: ${why}`);
  const options = { cwd: work, followSymbolicLinks: false, expandDirectories: false };
  const names = await glob(pattern, { ...options, onlyFiles: true });
  if (names.length > 0) return names;
  const message = `files.out names ${JSON.stringify(pattern)}, but the task left no such file in its working directory`;
  throw bad(`${message}${await whatElse(pattern, work)}`);
}

/** What is there under that very name, in case it is no file that could be taken. */
async function whatElse(pattern: string, work: string): Promise<string> {
  const name = pattern.replace(/\\(.)/g, "$1").replace(/\/$/, "");
  const stat = await lstat(join(work, name)).catch(() => undefined);
  if (stat === undefined) return "";
  if (stat.isDirectory())
    return `: ${JSON.stringify(name)} is a folder; ${JSON.stringify(`${name}/**`)} names what is in it`;
  return stat.isSymbolicLink()
    ? `: ${JSON.stringify(name)} is a link, and links are not taken`
    : `: ${JSON.stringify(name)} is no regular file`;
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
    if (codeOf(error) !== "ENOENT") throw error;
    // It was found a moment ago, and nothing of the task runs any more: Node has read other bytes as U+FFFD.
    throw bad(`the output file ${JSON.stringify(name)} cannot be taken: its name is not text in UTF-8`);
  }
}

function bad(message: string): AttemptError {
  return new AttemptError("files", message);
}
