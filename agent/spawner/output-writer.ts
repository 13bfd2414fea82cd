import { closeSync, ftruncateSync, openSync, writevSync } from "node:fs";
import { FRAME_HEAD_BYTES, STREAM_CODES, type StreamName } from "#core/model/output-frame.ts";
import { TailRing } from "./tail-ring.ts";

/** Of the limit, what is kept of the end; held in memory until then. */
const TAIL_SHARE = 1 / 16;
/** Of output in one frame. Who reads the file relies on it. */
const MAX_FRAME_BYTES = 64 * 1024;

/**
 * Writes an attempt's output as frames. The first part goes to the file as it comes, small pieces together; past it the newest bytes are
 * kept and put behind a mark when the output ends, so that the beginning and the end of a flood survive. Rule FLEET-10.
 */
export class OutputWriter {
  readonly #fd: number;
  readonly #headBytes: number;
  readonly #tailBytes: number;
  /** Of output, and of the file with the heads of its frames. */
  #written = 0;
  #fileBytes = 0;
  /** Taken, and not in the file yet. */
  #pending: Buffer[] = [];
  #pendingStream: StreamName = "stdout";
  #pendingBytes = 0;
  /** From the first byte on that did not go to the file. */
  #tail: TailRing | undefined;

  constructor(path: string, limitBytes: number) {
    this.#fd = openSync(path, "w", 0o600);
    this.#tailBytes = Math.floor(limitBytes * TAIL_SHARE);
    this.#headBytes = limitBytes - this.#tailBytes;
  }

  /** True when the file has something new, or will have at the next `flush`. */
  write(stream: StreamName, bytes: Buffer): boolean {
    const room = this.#tail === undefined ? this.#headBytes - this.#written - this.#pendingBytes : 0;
    const head = bytes.subarray(0, room);
    if (head.length > 0) this.#take(stream, head);
    if (head.length < bytes.length) {
      this.#tail ??= new TailRing(this.#tailBytes);
      this.#tail.push(stream, bytes.subarray(head.length));
    }
    return head.length > 0;
  }

  /** Puts what was taken into the file. */
  flush(): void {
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#writeFrames(this.#pendingStream, bytes);
  }

  /** Writes what is left. Throws when there is no room for it; the file is closed all the same. */
  close(): void {
    try {
      this.flush();
      this.#writeTail();
    } finally {
      closeSync(this.#fd);
    }
  }

  #writeTail(): void {
    const cutBytes = this.#tail?.droppedBytes ?? 0;
    if (cutBytes > 0) {
      const mark = `\n[lanweave: ${cutBytes} bytes of output were cut here]\n`;
      this.#writeFrames("stderr", Buffer.from(mark));
    }
    for (const { stream, bytes } of this.#tail?.drain() ?? []) this.#writeFrames(stream, bytes);
    this.#tail = undefined;
  }

  #take(stream: StreamName, bytes: Buffer): void {
    if (this.#pendingStream !== stream || this.#pendingBytes + bytes.length > MAX_FRAME_BYTES) this.flush();
    this.#pendingStream = stream;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= MAX_FRAME_BYTES) this.flush();
  }

  #writeFrames(stream: StreamName, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += MAX_FRAME_BYTES)
      this.#writeFrame(stream, bytes.subarray(at, at + MAX_FRAME_BYTES));
  }

  #writeFrame(stream: StreamName, bytes: Buffer): void {
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeUInt8(STREAM_CODES[stream], 0);
    head.writeUInt32BE(bytes.length, 1);
    try {
      this.#writeWhole(head, bytes);
    } catch (error) {
      // Half a frame would make the whole frames before it unreadable.
      ftruncateSync(this.#fd, this.#fileBytes);
      throw error;
    }
    this.#fileBytes += head.length + bytes.length;
    this.#written += bytes.length;
  }

  #writeWhole(head: Buffer, bytes: Buffer): void {
    const whole = head.length + bytes.length;
    for (let written = 0; written < whole;) {
      const rest = written < head.length ? [head.subarray(written), bytes] : [bytes.subarray(written - head.length)];
      written += writevSync(this.#fd, rest, this.#fileBytes + written);
    }
  }
}
