import type { FileHandle } from "node:fs/promises";
import { toLocalError } from "./file-desk-error.ts";

/** Gathered before it is written: what the network gives at a time is far less. Two blocks of it, used in turn. */
const BLOCK_BYTES = 1024 * 1024;

/** Writes a file from its beginning. While one block is written, the next may come; what goes wrong is told to who adds next, or flushes. */
export class FileWriter {
  readonly #file: FileHandle;
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #spare = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #filled = 0;
  #position = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BLOCK_BYTES) await this.#write();
    }
  }

  async flush(): Promise<void> {
    await this.#write();
    await this.#writing;
  }

  /** From the beginning again: what there is is written over. */
  startOver(): void {
    this.#filled = 0;
    this.#position = 0;
  }

  /** Resolves when the block before this one is written, and may be filled again. */
  async #write(): Promise<void> {
    await this.#writing;
    this.#writing = this.#writeAll(this.#block.subarray(0, this.#filled), this.#position);
    this.#writing.catch(() => undefined);
    this.#position += this.#filled;
    this.#filled = 0;
    [this.#block, this.#spare] = [this.#spare, this.#block];
  }

  async #writeAll(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, position + at);
        at += bytesWritten;
      }
    } catch (error) {
      throw toLocalError(error, "the file cannot be written", "local");
    }
  }
}
