import { syncFolder } from "./durable-folder.ts";

/** Folders with entries that a power cut would take. One sync does for many files. */
export class UnsyncedFolders {
  readonly #folders = new Set<string>();

  add(...folders: readonly string[]): void {
    for (const folder of folders) this.#folders.add(folder);
  }

  /** When it fails, what was to be synced is so the next time. */
  async sync(): Promise<void> {
    const folders = [...this.#folders];
    this.#folders.clear();
    try {
      await Promise.all(folders.map((folder) => syncFolder(folder)));
    } catch (error) {
      this.add(...folders);
      throw error;
    }
  }
}
