import { createHash } from "node:crypto";
import { constants, type FileHandle, open } from "node:fs/promises";
import { StoreError, toStoreError } from "./store-error.ts";

/** Gathered before it is written: what the network gives at a time is far less than what a disk likes. */
const WRITE_BYTES = 1024 * 1024;
const READ_BYTES = 1024 * 1024;

/** A file that grows to a known size, and the hash of what it holds. While some of it is written, more may come. */
export class PartialFile {
  readonly #file: FileHandle;
  readonly #maxBytes: number;
  #hash = createHash("sha256");
  /** Bytes that have come, and of these those that are written or being written. */
  #size = 0;
  #position = 0;
  #waiting: Uint8Array[] = [];
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /** Goes on with what an earlier transfer has left at `path`, if that may be the beginning of the file. */
  static async open(path: string, maxBytes: number): Promise<PartialFile> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | NO_FOLLOW, 0o600);
    try {
      const partial = new PartialFile(file, maxBytes);
      await partial.#readBack();
      return partial;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** SHA-256 of what has come. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  /** The bytes are the file's from now on: they must not change. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#size + bytes.length > this.#maxBytes) {
      throw new StoreError("corrupt", `expected ${this.#maxBytes} bytes, found more`);
    }
    this.#hash.update(bytes);
    this.#waiting.push(bytes);
    this.#size += bytes.length;
    if (this.#size - this.#position >= WRITE_BYTES) await this.#write();
  }

  async clear(): Promise<void> {
    this.#waiting = [];
    await this.#writing.catch(() => undefined);
    this.#writing = Promise.resolve();
    await this.#file.truncate(0);
    this.#hash = createHash("sha256");
    this.#size = 0;
    this.#position = 0;
  }

  async closeDurably(): Promise<void> {
    try {
      await this.#flush();
      await this.#file.sync();
    } catch (error) {
      throw toStoreError(error);
    } finally {
      await this.#file.close();
    }
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.#file.close();
    }
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.#write();
    await this.#writing;
  }

  /** Resolves when the bytes before these are written. */
  async #write(): Promise<void> {
    const chunks = this.#waiting;
    const from = this.#position;
    this.#waiting = [];
    this.#position = this.#size;
    const before = this.#writing;
    this.#writing = before.then(() => writeAllOf(this.#file, chunks, from));
    // Whoever asks next is told.
    this.#writing.catch(() => undefined);
    await before;
  }

  async #readBack(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size > this.#maxBytes) return this.clear();
    const buffer = Buffer.alloc(Math.min(size, READ_BYTES));
    for (let at = 0; at < size;) {
      const { bytesRead } = await this.#file.read(buffer, 0, Math.min(buffer.length, size - at), at);
      if (bytesRead === 0) throw new StoreError("failed", "what an earlier transfer left became shorter");
      this.#hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    this.#size = size;
    this.#position = size;
  }
}

/** Where the system can say so: what lies there is no link. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

async function writeAllOf(file: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  try {
    let rest = chunks;
    for (let at = position; rest.length > 0;) {
      const { bytesWritten } = await file.writev([...rest], at);
      at += bytesWritten;
      rest = without(rest, bytesWritten);
    }
  } catch (error) {
    throw toStoreError(error);
  }
}

/** What is left of the chunks after so many bytes. */
function without(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.length > left) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}
