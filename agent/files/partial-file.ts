import { createHash } from "node:crypto";
import { constants, type FileHandle, open } from "node:fs/promises";
import { StoreError, toStoreError } from "./store-error.ts";

/** Gathered before it is hashed and written: what the network gives at a time is far less. Two blocks of it, used in turn. */
const BLOCK_BYTES = 1024 * 1024;
/** Where the system can say so: what lies there is no link. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** A file that grows to a known size, and the hash of what it holds. While one block of it is written, the next may come. */
export class PartialFile {
  readonly #file: FileHandle;
  readonly #maxBytes: number;
  #hash = createHash("sha256");
  /** Bytes that have come, and of these those that are hashed, and written or being written. */
  #size = 0;
  #position = 0;
  #block: Buffer;
  #spare: Buffer;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, maxBytes));
    this.#spare = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, maxBytes));
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
    return this.#hash.copy().update(this.#gathered()).digest("hex");
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#size + bytes.length > this.#maxBytes) {
      throw new StoreError("corrupt", `expected ${this.#maxBytes} bytes, found more`);
    }
    for (let at = 0; at < bytes.length;) {
      const filled = this.#size - this.#position;
      const part = bytes.subarray(at, at + this.#block.length - filled);
      this.#block.set(part, filled);
      this.#size += part.length;
      at += part.length;
      if (filled + part.length === this.#block.length) await this.#write();
    }
  }

  async clear(): Promise<void> {
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

  #gathered(): Buffer {
    return this.#block.subarray(0, this.#size - this.#position);
  }

  async #flush(): Promise<void> {
    await this.#write();
    await this.#writing;
  }

  /** Resolves when the block before this one is written, and may be filled again. */
  async #write(): Promise<void> {
    const bytes = this.#gathered();
    const from = this.#position;
    const before = this.#writing;
    // Both go on while this process hashes.
    await before;
    this.#writing = writeAll(this.#file, bytes, from);
    // Whoever asks next is told.
    this.#writing.catch(() => undefined);
    this.#hash.update(bytes);
    this.#position = this.#size;
    [this.#block, this.#spare] = [this.#spare, this.#block];
  }

  async #readBack(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size > this.#maxBytes) return this.clear();
    for (let at = 0; at < size;) {
      const { bytesRead } = await this.#file.read(this.#block, 0, Math.min(this.#block.length, size - at), at);
      if (bytesRead === 0) throw new StoreError("failed", "what an earlier transfer left became shorter");
      this.#hash.update(this.#block.subarray(0, bytesRead));
      at += bytesRead;
    }
    this.#size = size;
    this.#position = size;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
      at += bytesWritten;
    }
  } catch (error) {
    throw toStoreError(error);
  }
}
