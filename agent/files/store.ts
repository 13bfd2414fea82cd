import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, constants, copyFile, mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AppId, Sha256 } from "#core/model/id.ts";
import { makeFolderDurably, syncFolder } from "../disk/durable-folder.ts";
import { PartialFile, writeAll } from "./partial-file.ts";
import { StoreError } from "./store-error.ts";

/** Kept free on the disk: an agent that fills it would take the machine down with it. */
export const MIN_FREE_BYTES = 256 * 1024 * 1024;
/** A file in the store is never changed. */
const STORED_MODE = 0o400;
const WORKING_MODE = 0o644;
/** How names of files begin that are being copied into the store. */
const KEEPING = "keep-";

/** A file under way into the store. */
export interface Incoming {
  /** Bytes that are there; at first those that an earlier transfer left. Whether they are right shows at the end. */
  readonly received: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Whether all bytes are there, and the right ones. */
  isSound(): boolean;
  /** Throws away what has come. */
  restart(): Promise<void>;
  /** Checks the hash, makes the file durable and puts it in place. What does not match is removed. */
  finish(): Promise<void>;
  /** Stops here; what has come is kept for the next time. */
  pause(): Promise<void>;
}

/** Files by content, one folder an app: an app can neither read nor guess at what another has stored. */
export class ContentStore {
  readonly #folder: string;
  /** Content that is on its way in, so that two transfers never write one file. */
  readonly #incoming = new Map<string, PromiseWithResolvers<void>>();
  #counter = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Removes what an earlier process of this agent was copying when it ended. What was coming from others is kept: it goes on. */
  async removeLeftovers(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      const folder = join(this.#folder, entry.name);
      const names = entry.isDirectory() ? await readdir(folder) : [];
      for (const name of names) if (name.startsWith(KEEPING)) await rm(join(folder, name), { force: true });
    }
  }

  async has(app: AppId, sha256: Sha256): Promise<boolean> {
    return (await this.size(app, sha256)) !== undefined;
  }

  async size(app: AppId, sha256: Sha256): Promise<number | undefined> {
    try {
      return (await stat(this.#pathOf(app, sha256))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  read(app: AppId, sha256: Sha256, offset: number): AsyncIterable<Uint8Array> {
    return createReadStream(this.#pathOf(app, sha256), { start: offset });
  }

  /** A copy of its own at `to` (sharing blocks where the file system can): a task may do with it what it likes. */
  async copyOut(app: AppId, sha256: Sha256, to: string): Promise<void> {
    await copyFile(this.#pathOf(app, sha256), to, constants.COPYFILE_FICLONE);
    await chmod(to, WORKING_MODE);
  }

  /** Takes a copy of any file. */
  async keep(app: AppId, path: string): Promise<{ readonly sha256: Sha256; readonly sizeBytes: number }> {
    await this.#checkRoom((await stat(path)).size);
    this.#counter += 1;
    const temporary = join(this.#folder, app, `${KEEPING}${process.pid}-${this.#counter}`);
    await mkdir(dirname(temporary), { recursive: true, mode: 0o700 });
    const hash = createHash("sha256");
    let sizeBytes = 0;
    const file = await open(temporary, "w", 0o600);
    try {
      for await (const chunk of createReadStream(path)) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        await writeAll(file, chunk);
      }
      await file.sync();
      await file.close();
      const sha256 = hash.digest("hex") as Sha256;
      await this.#putInPlace(app, sha256, temporary);
      return { sha256, sizeBytes };
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Begins, or goes on with, taking in content of a known hash and size. `undefined`: it is there already. */
  async receive(app: AppId, sha256: Sha256, sizeBytes: number): Promise<Incoming | undefined> {
    if (await this.has(app, sha256)) return undefined;
    const partial = this.#partialOf(app, sha256);
    if (this.#incoming.has(partial))
      throw new StoreError("busy", `${sha256} is being received already; try again later`);
    this.#incoming.set(partial, Promise.withResolvers());
    try {
      await this.#checkRoom(sizeBytes);
      await mkdir(dirname(partial), { recursive: true, mode: 0o700 });
      return await this.#openPartial(app, sha256, sizeBytes, partial);
    } catch (error) {
      this.#arrived(partial);
      throw error;
    }
  }

  /** Settles when a transfer of this content that is under way has ended, however it went; `undefined`: there is none. */
  arrival(app: AppId, sha256: Sha256): Promise<void> | undefined {
    return this.#incoming.get(this.#partialOf(app, sha256))?.promise;
  }

  /** Removes everything of an app. */
  async removeApp(app: AppId): Promise<void> {
    await rm(join(this.#folder, app), { recursive: true, force: true });
  }

  async #openPartial(app: AppId, sha256: Sha256, sizeBytes: number, partial: string): Promise<Incoming> {
    const file = await PartialFile.open(partial, sizeBytes);
    const isSound = (): boolean => file.size === sizeBytes && file.digest() === sha256;
    const end = async (close: Promise<void>, last: () => Promise<void>): Promise<void> => {
      try {
        await close;
        await last();
      } finally {
        this.#arrived(partial);
      }
    };
    return {
      get received() {
        return file.size;
      },
      write: (bytes) => file.append(bytes),
      isSound,
      restart: () => file.clear(),
      finish: async () => {
        const found = file.digest();
        if (isSound()) return end(file.closeDurably(), () => this.#putInPlace(app, sha256, partial));
        await end(file.close(), () => rm(partial, { force: true }));
        throw new StoreError(
          "corrupt",
          `expected ${sizeBytes} bytes with SHA-256 ${sha256}, found ${file.size} with ${found}`,
        );
      },
      pause: () => end(file.close(), () => (file.size === 0 ? rm(partial, { force: true }) : Promise.resolve())),
    };
  }

  #arrived(partial: string): void {
    this.#incoming.get(partial)?.resolve();
    this.#incoming.delete(partial);
  }

  async #putInPlace(app: AppId, sha256: Sha256, temporary: string): Promise<void> {
    const path = this.#pathOf(app, sha256);
    await makeFolderDurably(dirname(path));
    await chmod(temporary, STORED_MODE);
    await rename(temporary, path);
    // An outcome that names this file may be told next, and must not outlive it.
    await syncFolder(dirname(path));
  }

  async #checkRoom(sizeBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.#folder));
    if (bavail * bsize - sizeBytes >= MIN_FREE_BYTES) return;
    throw new StoreError(
      "disk-full",
      `a file of ${sizeBytes} bytes does not fit: ${bavail * bsize} bytes are free, of which ${MIN_FREE_BYTES} stay so`,
    );
  }

  #partialOf(app: AppId, sha256: Sha256): string {
    return join(this.#folder, app, `part-${sha256}`);
  }

  #pathOf(app: AppId, sha256: Sha256): string {
    return join(this.#folder, app, sha256.slice(0, 2), sha256.slice(2));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
