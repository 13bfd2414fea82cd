import { type FileHandle, open } from "node:fs/promises";
import { FRAME_HEAD_BYTES, toStreamName } from "#core/model/output-frame.ts";
import type { OutputPiece } from "#core/ports/attempts.ts";

/** Read at a time; heads of many short frames come in one read. */
const READ_BYTES = 128 * 1024;

/** Reads the frames of one log from any offset, while it still grows. */
export class OutputLog {
  readonly #path: string;
  /** A frame begins at `#filePosition`, its first byte of output is byte `#offset`. */
  #filePosition = 0;
  #offset = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** At most `maxBytes` from `offset` on; empty when there is no more now. */
  read(offset: number, maxBytes: number): Promise<readonly OutputPiece[]> {
    const reading = this.#turn.then(() => this.#read(offset, maxBytes));
    this.#turn = reading.catch(() => undefined);
    return reading;
  }

  async #read(offset: number, maxBytes: number): Promise<readonly OutputPiece[]> {
    const file = await openIfThere(this.#path);
    if (file === undefined) return [];
    try {
      if (offset < this.#offset) this.#filePosition = this.#offset = 0;
      const pieces: OutputPiece[] = [];
      for (let room = maxBytes; room > 0;) {
        const block = await this.#readBlock(file);
        const taken = this.#take(block, offset, room, pieces);
        room -= taken.bytes;
        if (!taken.goesOn) break;
      }
      return pieces;
    } finally {
      await file.close();
    }
  }

  async #readBlock(file: FileHandle): Promise<Buffer> {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, this.#filePosition);
    return buffer.subarray(0, bytesRead);
  }

  /** Walks the frames of a block that begins with a head; the place moves on only past frames that were given whole. */
  #take(block: Buffer, offset: number, maxBytes: number, into: OutputPiece[]): { bytes: number; goesOn: boolean } {
    let at = 0;
    let bytes = 0;
    while (at + FRAME_HEAD_BYTES <= block.length) {
      const stream = toStreamName(block.readUInt8(at));
      const length = block.readUInt32BE(at + 1);
      if (stream === undefined) throw new Error(`${this.#path}: expected a frame of output at ${this.#filePosition}`);
      const start = at + FRAME_HEAD_BYTES;
      const skip = Math.max(0, Math.min(offset - this.#offset, length));
      const end = Math.min(start + length, start + skip + (maxBytes - bytes));
      // A frame that is not wholly in the block is read again from its head, unless it is still being written.
      if (end > block.length) return { bytes, goesOn: at > 0 || block.length === READ_BYTES };
      if (end > start + skip) {
        into.push({ offset: this.#offset + skip, stream, bytes: block.subarray(start + skip, end) });
        bytes += end - start - skip;
      }
      if (end < start + length) return { bytes, goesOn: false };
      at = start + length;
      this.#filePosition += FRAME_HEAD_BYTES + length;
      this.#offset += length;
    }
    return { bytes, goesOn: at > 0 };
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
