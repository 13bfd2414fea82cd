import type { Dirent } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AppId, Sha256 } from "#core/model/id.ts";
import type { StoredFile } from "./store-book.ts";

/** How names of files begin that are being copied into the store. */
export const KEEPING = "keep-";
/** How names of files begin that are being received, or were when a transfer broke off. */
const PARTIAL = "part-";

const APP = /^[0-9a-f]{16}$/;
const SHARD = /^[0-9a-f]{2}$/;
const REST = /^[0-9a-f]{62}$/;
/** Looked at at once. */
const AT_ONCE = 64;
/** Nobody goes on with a transfer that broke off so long ago. */
const PART_KEPT_MS = 86_400_000;

/** Where the whole content lies. */
export function wholePath(folder: string, app: AppId, sha256: Sha256): string {
  return join(folder, app, sha256.slice(0, 2), sha256.slice(2));
}

/** Where it lies while it is on its way in. */
export function partPath(folder: string, app: AppId, sha256: Sha256): string {
  return join(folder, app, `${PARTIAL}${sha256}`);
}

/**
 * What lies in a store, that which was not used for longest first. What was being copied in is of no use any more and is removed, as is what
 * a transfer left that broke off long ago.
 */
export async function findStored(folder: string): Promise<readonly StoredFile[]> {
  const found: Omit<StoredFile, "sizeBytes">[] = [];
  for (const name of await foldersIn(folder, APP)) {
    const app = name as AppId;
    for (const entry of await readdir(join(folder, app), { withFileTypes: true })) {
      const path = join(folder, app, entry.name);
      if (entry.name.startsWith(KEEPING)) await rm(path, { force: true });
      else if (isPart(entry))
        found.push({ path, app, sha256: entry.name.slice(PARTIAL.length) as Sha256, kind: "part" });
    }
    for (const shard of await foldersIn(join(folder, app), SHARD)) {
      for (const rest of await readdir(join(folder, app, shard))) {
        const path = join(folder, app, shard, rest);
        if (REST.test(rest)) found.push({ path, app, sha256: `${shard}${rest}` as Sha256, kind: "whole" });
      }
    }
  }
  return byUse(found);
}

async function foldersIn(folder: string, pattern: RegExp): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && pattern.test(entry.name)).map(({ name }) => name);
}

function isPart({ name }: Dirent): boolean {
  return name.startsWith(PARTIAL) && /^[0-9a-f]{64}$/.test(name.slice(PARTIAL.length));
}

async function byUse(found: readonly Omit<StoredFile, "sizeBytes">[]): Promise<readonly StoredFile[]> {
  const files: { file: StoredFile; usedMs: number }[] = [];
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const looked = found.slice(at, at + AT_ONCE).map(async (one) => {
      const { size, mtimeMs } = await stat(one.path);
      if (one.kind === "part" && Date.now() - mtimeMs > PART_KEPT_MS) return rm(one.path, { force: true });
      files.push({ file: { ...one, sizeBytes: size }, usedMs: mtimeMs });
    });
    await Promise.all(looked);
  }
  return files.sort((left, right) => left.usedMs - right.usedMs).map(({ file }) => file);
}
