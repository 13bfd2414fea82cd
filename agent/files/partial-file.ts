import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { constants, type FileHandle, open } from "node:fs/promises";
import { StoreError } from "./store-error.ts";

/** A file that grows to a known size, and the hash of what it holds. */
export class PartialFile {
  readonly #file: FileHandle;
  readonly #maxBytes: number;
  #hash = createHash("sha256");
  #size = 0;

  private constructor(file: FileHandle, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /** Goes on with what an earlier transfer has left at `path`, if that may be the beginning of the file. */
  static async open(path: string, maxBytes: number): Promise<PartialFile> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const partial = new PartialFile(file, maxBytes);
      await partial.#readBack(path);
      return partial;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** SHA-256 of what is there. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#size + bytes.length > this.#maxBytes) {
      throw new StoreError("corrupt", `expected ${this.#maxBytes} bytes, found more`);
    }
    await writeAll(this.#file, bytes, this.#size);
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  async clear(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash("sha256");
    this.#size = 0;
  }

  async closeDurably(): Promise<void> {
    try {
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #readBack(path: string): Promise<void> {
    const { size } = await this.#file.stat();
    if (size > this.#maxBytes) return this.clear();
    for await (const chunk of size === 0 ? [] : createReadStream(path)) this.#hash.update(chunk);
    this.#size = size;
  }
}

/** All of the bytes, at `position`, or where the file stands. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number | null = null): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position === null ? null : position + at);
    at += bytesWritten;
  }
}
