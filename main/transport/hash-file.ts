import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import { openForReading, readBlocks } from "./file-blocks.ts";
import { FileDeskError, toLocalError } from "./file-desk-error.ts";

type Content = Omit<FileRef, "name">;

/** Files whose hash is remembered: the same go to many attempts. */
const MAX_REMEMBERED = 20_000;
/** What was written so shortly ago may be written again without its times telling. */
const SETTLED_AFTER_MS = 2_000n;

const remembered = new Map<string, Content>();

/** Hash and size of the file at `path`, which people know as `name`. One that is changed meanwhile is refused with `changed`. */
export async function hashFile(path: string, name: string): Promise<Content> {
  try {
    const file = await openForReading(path);
    try {
      return await hashOpen(file, path, name);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw toLocalError(error, `the file ${JSON.stringify(name)} cannot be read`, "changed");
  }
}

async function hashOpen(file: FileHandle, path: string, name: string): Promise<Content> {
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) throw new FileDeskError("not-allowed", `${JSON.stringify(name)} is no regular file`);
  const state = stateOf(path, before);
  const known = remembered.get(state);
  if (known !== undefined) return known;
  const hash = createHash("sha256");
  let sizeBytes = 0;
  await readBlocks(file, { start: 0, end: Number(before.size) }, (block) => {
    hash.update(block);
    sizeBytes += block.length;
    return true;
  });
  const after = await file.stat({ bigint: true });
  if (stateOf(path, after) !== state || BigInt(sizeBytes) !== after.size) throw changing(name);
  const content = { sha256: hash.digest("hex") as Sha256, sizeBytes };
  if (isSettled(after)) remember(state, content);
  return content;
}

function stateOf(path: string, { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs, path].join(" ");
}

function isSettled({ ctimeMs, mtimeMs }: BigIntStats): boolean {
  const newest = ctimeMs > mtimeMs ? ctimeMs : mtimeMs;
  return BigInt(Date.now()) - newest > SETTLED_AFTER_MS;
}

/** The one remembered first gives way. */
function remember(state: string, content: Content): void {
  const [oldest] = remembered.keys();
  if (oldest !== undefined && remembered.size >= MAX_REMEMBERED) remembered.delete(oldest);
  remembered.set(state, content);
}

function changing(name: string): FileDeskError {
  const message = `the file ${JSON.stringify(name)} changed while it was read: something writes to it; wait until that is done and start the run again`;
  return new FileDeskError("changed", message);
}
