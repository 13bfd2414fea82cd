import { statfs } from "node:fs/promises";
import { StoreError } from "./store-error.ts";
import type { StoreBook, StoredFile } from "./store-book.ts";

/** After so long without a file that did not fit, it is not expected to come again. */
const FULL_FOR_MS = 30_000;
/** So long it is full at least: an app that is told so must not hear the contrary at once. */
const FULL_AT_LEAST_MS = 2_000;

interface StoreRoomInput {
  /** Somewhere on the disk of the store. */
  readonly folder: string;
  /** What may lie in the store in sum. */
  readonly limitBytes: number;
  /** Kept free on the disk: an agent that fills it would take the machine down with it. */
  readonly minFreeBytes: number;
  readonly book: StoreBook;
  /** Removes it from the disk and from the book. */
  readonly evict: (file: StoredFile) => Promise<void>;
  readonly nowMs: () => number;
}

/** Room that is kept for a file on its way in. */
export interface Reservation {
  /** So much of it is on the disk now. */
  wrote(bytes: number): void;
  end(): void;
}

/** Makes room in the store: within its limit, and with the disk never full. What may go goes, the rest stays. */
export class StoreRoom {
  readonly #input: StoreRoomInput;
  #reservedBytes = 0;
  /** Of that, what is not on the disk yet. */
  #pendingBytes = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #refused: { readonly sizeBytes: number; readonly message: string; readonly atMs: number } | undefined;
  #isLooking = false;

  constructor(input: StoreRoomInput) {
    this.#input = input;
  }

  /** `thereBytes` of it are on the disk already. Throws a `StoreError` when there is no room, and none can be made. */
  reserve(sizeBytes: number, thereBytes = 0): Promise<Reservation> {
    const reserved = this.#turn.then(() => this.#reserve(sizeBytes, thereBytes));
    this.#turn = reserved.catch(() => undefined);
    return reserved;
  }

  /** Why nothing more can be taken in at present, or null. */
  trouble(): string | null {
    const { limitBytes, book, nowMs } = this.#input;
    const staysBytes = book.usedBytes - book.evictableBytes;
    if (staysBytes >= limitBytes) return this.#fullMessage(0);
    const refused = this.#refused;
    if (refused === undefined) return null;
    const ageMs = nowMs() - refused.atMs;
    if (ageMs > FULL_FOR_MS) this.#refused = undefined;
    else if (ageMs > FULL_AT_LEAST_MS) void this.#lookAgain(refused.sizeBytes);
    return refused.message;
  }

  /** The disk took no more, whatever was thought to be free. */
  noteFull(): void {
    this.#refuse(0, "its disk is full: there was no room for what was to be written");
  }

  async #lookAgain(sizeBytes: number): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const diskLackBytes = await this.#diskLackBytes(sizeBytes);
      const lackBytes = Math.max(this.#overLimitBytes(sizeBytes), diskLackBytes);
      if (lackBytes <= Math.max(0, this.#input.book.evictableBytes)) this.#refused = undefined;
    } catch {
      // The folder itself is in trouble, which the machine's own watch tells.
    } finally {
      this.#isLooking = false;
    }
  }

  async #reserve(sizeBytes: number, thereBytes: number): Promise<Reservation> {
    const { limitBytes } = this.#input;
    if (sizeBytes > limitBytes) {
      throw new StoreError(
        "too-large",
        `a file of ${toSize(sizeBytes)} is larger than this agent's whole store of ${toSize(limitBytes)}: start the agent with a larger --store-limit`,
      );
    }
    await this.#makeRoom(sizeBytes, thereBytes);
    let pendingBytes = sizeBytes - thereBytes;
    this.#reservedBytes += sizeBytes;
    this.#pendingBytes += pendingBytes;
    const wrote = (bytes: number): void => {
      const counted = Math.min(bytes, pendingBytes);
      pendingBytes -= counted;
      this.#pendingBytes -= counted;
    };
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      wrote(pendingBytes);
      this.#reservedBytes -= sizeBytes;
    };
    return { wrote, end };
  }

  async #makeRoom(sizeBytes: number, thereBytes: number): Promise<void> {
    const { book, evict } = this.#input;
    for (;;) {
      const lackBytes = this.#overLimitBytes(sizeBytes);
      const diskLackBytes = await this.#diskLackBytes(sizeBytes - thereBytes);
      if (lackBytes <= 0 && diskLackBytes <= 0) return;
      // Nothing is thrown away for a file that would not fit then, either.
      if (lackBytes > book.evictableBytes) throw this.#refuse(sizeBytes, this.#fullMessage(sizeBytes));
      if (diskLackBytes > book.evictableBytes) throw this.#refuse(sizeBytes, await this.#diskMessage(sizeBytes));
      for (let freedBytes = 0; freedBytes < Math.max(lackBytes, diskLackBytes);) {
        const file = book.next();
        if (file === undefined) break;
        await evict(file);
        freedBytes += file.sizeBytes;
      }
    }
  }

  #overLimitBytes(sizeBytes: number): number {
    const { book, limitBytes } = this.#input;
    return book.usedBytes + this.#reservedBytes + sizeBytes - limitBytes;
  }

  async #diskLackBytes(sizeBytes: number): Promise<number> {
    return sizeBytes + this.#pendingBytes + this.#input.minFreeBytes - (await this.#freeBytes());
  }

  async #freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#input.folder);
    return bavail * bsize;
  }

  #refuse(sizeBytes: number, message: string): StoreError {
    this.#refused = { sizeBytes, message, atMs: this.#input.nowMs() };
    return new StoreError("disk-full", message);
  }

  #fullMessage(sizeBytes: number): string {
    const { book, limitBytes } = this.#input;
    const stays = toSize(book.usedBytes - book.evictableBytes + this.#reservedBytes);
    const wanted = sizeBytes === 0 ? "" : `, and ${toSize(sizeBytes)} more are asked for`;
    return `its store is full: of ${toSize(limitBytes)}, ${stays} are needed by runs that are not over or are on their way in${wanted}; let runs end, or start the agent with a larger --store-limit`;
  }

  async #diskMessage(sizeBytes: number): Promise<string> {
    const free = toSize(await this.#freeBytes());
    return `its disk is full: a file of ${toSize(sizeBytes)} does not fit into the ${free} that are free, of which ${toSize(this.#input.minFreeBytes)} stay so`;
  }
}

function toSize(bytes: number): string {
  if (bytes < 2 ** 20) return `${String(bytes)} bytes`;
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
