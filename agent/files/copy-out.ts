import { chmod, constants, copyFile, rm } from "node:fs/promises";

const WORKING_MODE = 0o644;

/** Copies a stored file for whoever works on it, sharing blocks where the file system can. Leaves nothing when that fails. */
export async function copyOut(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, WORKING_MODE);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}
