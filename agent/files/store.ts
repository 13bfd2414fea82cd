import { createReadStream } from "node:fs";
import { chmod, mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AppId, RunId, Sha256 } from "#core/model/id.ts";
import type { Log } from "#core/ports/log.ts";
import { isDiskFull } from "#system/disk-full.ts";
import { UnsyncedFolders } from "#system/unsynced-folders.ts";
import { Arrivals } from "./arrivals.ts";
import { AwaitedFiles } from "./awaited-files.ts";
import { type Incoming, openIncoming } from "./incoming.ts";
import { copyIn } from "./copy-in.ts";
import { copyOut } from "./copy-out.ts";
import { RunNeeds } from "./run-needs.ts";
import { READ_BYTES, Soundness } from "./soundness.ts";
import { findStored, KEEPING, partPath, wholePath } from "./stored-files.ts";
import { StoreBook, type StoredFile } from "./store-book.ts";
import { toStoreError } from "./store-error.ts";
import { StoreRoom } from "./store-room.ts";

/** A file in the store is never changed. */
const STORED_MODE = 0o400;

interface StoreOptions {
  /** What may lie in it in sum; without it, as much as fits on the disk. */
  readonly limitBytes?: number;
  /** Kept free on its disk, 0 without it. */
  readonly minFreeBytes?: number;
  readonly log: Log;
}

/**
 * Files by content, one folder an app: an app can neither read nor guess at what another has stored. When the store is full, what no
 * run under way needs gives way to what comes. Rule FLEET-9.
 */
export class ContentStore {
  readonly #folder: string;
  readonly #log: Log;
  readonly #book = new StoreBook();
  readonly #room: StoreRoom;
  readonly #needs: RunNeeds;
  readonly #arrivals = new Arrivals();
  readonly #unsynced = new UnsyncedFolders();
  readonly #awaited = new AwaitedFiles();
  readonly #soundness = new Soundness();
  #counter = 0;
  /** Called with what is not here any more. */
  onGone: (app: AppId, files: readonly Sha256[]) => void = () => undefined;

  constructor(folder: string, { limitBytes = Infinity, minFreeBytes = 0, log }: StoreOptions) {
    this.#folder = folder;
    this.#log = log;
    this.#needs = new RunNeeds(folder, this.#book, log);
    this.#room = new StoreRoom({
      folder: dirname(folder),
      limitBytes,
      minFreeBytes,
      book: this.#book,
      evict: (file) => this.#evict(file),
      nowMs: () => performance.now(),
    });
  }

  /** Learns what is there. What an earlier process was copying when it ended is removed; what was coming from others goes on. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#needs.open();
    for (const file of await findStored(this.#folder)) this.#book.add(file);
  }

  /** Why nothing more can be taken in at present, or null. */
  trouble(): string | null {
    return this.#room.trouble();
  }

  /** The disk took no more. */
  noteFull(): void {
    this.#room.noteFull();
  }

  async has(app: AppId, sha256: Sha256): Promise<boolean> {
    return (await this.size(app, sha256)) !== undefined;
  }

  async size(app: AppId, sha256: Sha256): Promise<number | undefined> {
    const path = wholePath(this.#folder, app, sha256);
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#drop(path);
      return undefined;
    }
  }

  /** Whether the content is here, whole and right. What the disk has spoiled is of no use to anybody, and is removed. */
  async isSound(app: AppId, sha256: Sha256): Promise<boolean> {
    if (!(await this.has(app, sha256))) return false;
    const path = wholePath(this.#folder, app, sha256);
    if (await this.#soundness.isSound(path, sha256)) return true;
    this.#log.error("a stored file was damaged on the disk, and is removed", { path, app });
    this.#drop(path);
    await rm(path, { recursive: true, force: true });
    this.onGone(app, [sha256]);
    return false;
  }

  #drop(path: string): void {
    this.#book.remove(path);
    this.#soundness.forget(path);
  }

  /** Keeps the content, there or to come, until the function returned is called. */
  hold(app: AppId, sha256: Sha256): () => void {
    return this.#book.hold(app, sha256);
  }

  /** As `hold`, for the attempt that the app will send. */
  await(app: AppId, sha256: Sha256): void {
    this.#awaited.add(wholePath(this.#folder, app, sha256), this.#book.hold(app, sha256));
  }

  /** The run has use for the content as long as it is under way; others have it, too. */
  use(app: AppId, run: RunId, files: readonly Sha256[]): void {
    this.#book.use(app, run, files);
  }

  /** The content stays until `release` of the run. */
  need(app: AppId, run: RunId, files: readonly Sha256[]): Promise<void> {
    return this.#needs.need(app, run, files);
  }

  async release(app: AppId, run: RunId): Promise<void> {
    await this.#needs.release(app, run);
  }

  /** Runs that need something from here. */
  neededBy(app: AppId): readonly RunId[] {
    return this.#book.runs(app);
  }

  /** Of these, tells the app which are not here. */
  async tellGone(app: AppId, files: readonly Sha256[]): Promise<void> {
    const gone: Sha256[] = [];
    for (const sha256 of files) if (!(await this.has(app, sha256))) gone.push(sha256);
    if (gone.length > 0) this.onGone(app, gone);
  }

  async *read(app: AppId, sha256: Sha256, offset: number): AsyncGenerator<Uint8Array> {
    const path = wholePath(this.#folder, app, sha256);
    const release = this.hold(app, sha256);
    try {
      this.#used(path);
      yield* createReadStream(path, { start: offset, highWaterMark: READ_BYTES });
    } finally {
      release();
    }
  }

  /**
   * A copy of its own at `to` (sharing blocks where the file system can): a task may do with it what it likes. False when the content is
   * not here any more, or no longer what it was.
   */
  async copyOut(app: AppId, sha256: Sha256, to: string): Promise<boolean> {
    const path = wholePath(this.#folder, app, sha256);
    const release = this.hold(app, sha256);
    try {
      if (!(await this.isSound(app, sha256))) return false;
      this.#used(path);
      await copyOut(path, to);
      return true;
    } catch (error) {
      if (isDiskFull(error)) this.noteFull();
      throw toStoreError(error);
    } finally {
      this.#awaited.taken(path);
      release();
    }
  }

  /** Takes a copy of any file, which the run needs. It survives a power cut once `flush` has returned. */
  async keep(app: AppId, run: RunId, path: string): Promise<{ readonly sha256: Sha256; readonly sizeBytes: number }> {
    const reservation = await this.#room.reserve((await stat(path)).size);
    this.#counter += 1;
    const temporary = join(this.#folder, app, `${KEEPING}${process.pid}-${this.#counter}`);
    try {
      await mkdir(dirname(temporary), { recursive: true, mode: 0o700 });
      const { sha256, sizeBytes } = await copyIn(path, temporary, reservation);
      const written = this.#needs.need(app, run, [sha256]);
      await this.#putInPlace(app, sha256, sizeBytes, temporary);
      await written;
      return { sha256, sizeBytes };
    } catch (error) {
      await rm(temporary, { force: true });
      if (isDiskFull(error)) this.noteFull();
      throw toStoreError(error);
    } finally {
      reservation.end();
    }
  }

  /** Begins, or goes on with, taking in content of a known hash and size. `undefined`: it is there already. */
  async receive(app: AppId, sha256: Sha256, sizeBytes: number): Promise<Incoming | undefined> {
    if (await this.isSound(app, sha256)) {
      this.#used(wholePath(this.#folder, app, sha256));
      return undefined;
    }
    const path = partPath(this.#folder, app, sha256);
    this.#arrivals.begin(path);
    try {
      return await this.#openIncoming(app, sha256, sizeBytes, path);
    } catch (error) {
      this.#arrivals.over(path);
      throw toStoreError(error);
    }
  }

  /** Settles when a transfer of this content that is under way has ended, however it went; `undefined`: there is none. */
  arrival(app: AppId, sha256: Sha256): Promise<void> | undefined {
    return this.#arrivals.get(partPath(this.#folder, app, sha256));
  }

  /** Removes everything of an app. */
  async removeApp(app: AppId): Promise<void> {
    for (const run of this.neededBy(app)) await this.release(app, run);
    this.#book.removeApp(app);
    await rm(join(this.#folder, app), { recursive: true, force: true });
  }

  async #openIncoming(app: AppId, sha256: Sha256, sizeBytes: number, path: string): Promise<Incoming> {
    const left = this.#book.get(path);
    // What is left of it is part of what is asked for from now on.
    this.#book.remove(path);
    const reservation = await this.#room.reserve(sizeBytes, left?.sizeBytes).catch((error: unknown) => {
      if (left !== undefined) this.#book.add(left);
      throw error;
    });
    const over = (): void => {
      reservation.end();
      this.#arrivals.over(path);
    };
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return await openIncoming({
        path,
        sha256,
        sizeBytes,
        reservation,
        sound: async () => {
          await this.#putInPlace(app, sha256, sizeBytes, path);
          await this.flush();
        },
        full: () => this.noteFull(),
        left: (bytes) => this.#book.add({ path, app, sha256, sizeBytes: bytes, kind: "part" }),
        over,
      });
    } catch (error) {
      reservation.end();
      throw error;
    }
  }

  async #putInPlace(app: AppId, sha256: Sha256, sizeBytes: number, temporary: string): Promise<void> {
    const path = wholePath(this.#folder, app, sha256);
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(temporary, STORED_MODE);
    await rename(temporary, path);
    this.#book.add({ path, app, sha256, sizeBytes, kind: "whole" });
    this.#soundness.vouchFor(path);
    this.#unsynced.add(folder, dirname(folder), this.#folder);
  }

  /** An outcome that names what is here may be told next, and must not outlive it. */
  async flush(): Promise<void> {
    await this.#unsynced.sync().catch((error: unknown) => {
      throw toStoreError(error);
    });
  }

  /** The time of its last use is the file's own, so that it survives this process. */
  #used(path: string): void {
    this.#book.touch(path);
    const now = new Date();
    utimes(path, now, now).catch((error: unknown) => {
      this.#log.debug("the time of a file's last use could not be written down", { path, error: String(error) });
    });
  }

  async #evict(file: StoredFile): Promise<void> {
    const { app, sha256, sizeBytes, path, kind } = file;
    this.#drop(path);
    await rm(path, { force: true });
    this.#log.info("a file gave way to others", { app, sha256, sizeBytes, kind });
    if (kind === "whole") this.onGone(app, [sha256]);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
