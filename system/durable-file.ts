import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "./durable-folder.ts";

/** Files under way to their name end so; what a killed agent left of them is of no use. */
export const UNDER_WAY = ".new";

/** Replaces the file as a whole, for its owner only; on return it survives a power cut. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}${UNDER_WAY}`;
  try {
    await rm(temporary, { force: true });
    // `wx`: never through a link that somebody has put there.
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes the file for good; one that is not there is fine. */
export async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}
