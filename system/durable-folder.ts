import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a folder and those around it, so that they survive a power cut. */
export async function makeFolderDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** What was put into a folder is there after a power cut only once the folder is synced. Windows cannot open folders, and does without. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
