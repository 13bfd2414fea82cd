import { closeSync, openSync, writevSync } from "node:fs";
import { FRAME_HEAD_BYTES, STREAM_CODES, type StreamName } from "#core/model/output-frame.ts";

/** Of the limit, what is kept of the end; held in memory until then. */
const TAIL_SHARE = 1 / 16;

/**
 * Writes an attempt's output as frames. The first part goes to the file as it comes; past it the newest bytes are kept
 * and put behind a mark when the output ends, so that the beginning and the end of a flood survive. Rule FLEET-10.
 */
export class OutputWriter {
  readonly #fd: number;
  readonly #headBytes: number;
  readonly #tailBytes: number;
  #written = 0;
  #tail: { readonly stream: StreamName; readonly bytes: Buffer }[] = [];
  #tailFrom = 0;
  #tailLength = 0;
  #cutBytes = 0;

  constructor(path: string, limitBytes: number) {
    this.#fd = openSync(path, "w", 0o600);
    this.#tailBytes = Math.floor(limitBytes * TAIL_SHARE);
    this.#headBytes = limitBytes - this.#tailBytes;
  }

  /** True when the file grew. */
  write(stream: StreamName, bytes: Buffer): boolean {
    const room = this.#headBytes - this.#written;
    if (bytes.length <= room && this.#tailLength === 0 && this.#cutBytes === 0) {
      this.#writeFrame(stream, bytes);
      return true;
    }
    const head = this.#tailLength === 0 && this.#cutBytes === 0 ? bytes.subarray(0, room) : bytes.subarray(0, 0);
    if (head.length > 0) this.#writeFrame(stream, head);
    this.#keepTail(stream, bytes.subarray(head.length));
    return head.length > 0;
  }

  close(): void {
    if (this.#cutBytes > 0) {
      const mark = `\n[lanweave: ${this.#cutBytes} bytes of output were cut here]\n`;
      this.#writeFrame("stderr", Buffer.from(mark));
    }
    for (const { stream, bytes } of this.#tail.slice(this.#tailFrom)) this.#writeFrame(stream, bytes);
    this.#tail = [];
    closeSync(this.#fd);
  }

  #keepTail(stream: StreamName, bytes: Buffer): void {
    this.#tail.push({ stream, bytes });
    this.#tailLength += bytes.length;
    while (this.#tailLength > this.#tailBytes) {
      const first = this.#tail[this.#tailFrom];
      if (first === undefined) break;
      const surplus = this.#tailLength - this.#tailBytes;
      const cut = Math.min(surplus, first.bytes.length);
      this.#cutBytes += cut;
      this.#tailLength -= cut;
      if (cut < first.bytes.length) this.#tail[this.#tailFrom] = { ...first, bytes: first.bytes.subarray(cut) };
      else this.#tailFrom += 1;
    }
    if (this.#tailFrom > 256) {
      this.#tail = this.#tail.slice(this.#tailFrom);
      this.#tailFrom = 0;
    }
  }

  #writeFrame(stream: StreamName, bytes: Buffer): void {
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeUInt8(STREAM_CODES[stream], 0);
    head.writeUInt32BE(bytes.length, 1);
    let written = writevSync(this.#fd, [head, bytes]);
    const whole = head.length + bytes.length;
    while (written < whole) {
      const rest = written < head.length ? [head.subarray(written), bytes] : [bytes.subarray(written - head.length)];
      written += writevSync(this.#fd, rest);
    }
    this.#written += bytes.length;
  }
}
