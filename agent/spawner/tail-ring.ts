import { FRAME_HEAD_BYTES, STREAM_CODES, type StreamName, toStreamName } from "#core/model/output-frame.ts";

/** A stretch of output of one stream. */
export interface OutputStretch {
  readonly stream: StreamName;
  readonly bytes: Buffer;
}

/** Keeps the newest output in a fixed piece of memory, as frames, however small the pieces in which it comes. */
export class TailRing {
  readonly #ring: Buffer;
  #start = 0;
  #used = 0;
  #last: { readonly at: number; readonly stream: StreamName; length: number } | undefined;
  #droppedBytes = 0;

  constructor(sizeBytes: number) {
    this.#ring = Buffer.alloc(sizeBytes);
  }

  /** Bytes of output that have made room for newer ones. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  push(stream: StreamName, bytes: Buffer): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - (this.#ring.length - FRAME_HEAD_BYTES)));
    this.#droppedBytes += bytes.length - kept.length;
    this.#makeRoom(stream, kept.length);
    if (this.#last?.stream !== stream) {
      this.#last = { at: this.#wrap(this.#start + this.#used), stream, length: 0 };
      this.#used += FRAME_HEAD_BYTES;
    }
    this.#copyIn(this.#start + this.#used, kept);
    this.#used += kept.length;
    this.#last.length += kept.length;
    this.#writeHead(this.#last.at, stream, this.#last.length);
  }

  /** All of it, oldest first. */
  drain(): OutputStretch[] {
    const stretches: OutputStretch[] = [];
    while (this.#used > 0) {
      const { stream, length } = this.#readHead(this.#start);
      stretches.push({ stream, bytes: this.#copyOut(this.#start + FRAME_HEAD_BYTES, length) });
      this.#start = this.#wrap(this.#start + FRAME_HEAD_BYTES + length);
      this.#used -= FRAME_HEAD_BYTES + length;
    }
    this.#last = undefined;
    return stretches;
  }

  #makeRoom(stream: StreamName, length: number): void {
    for (;;) {
      const needed = length + (this.#last?.stream === stream ? 0 : FRAME_HEAD_BYTES);
      const surplus = this.#used + needed - this.#ring.length;
      if (surplus <= 0) return;
      this.#dropOldest(surplus);
    }
  }

  #dropOldest(surplus: number): void {
    const { stream, length } = this.#readHead(this.#start);
    const isLast = this.#last?.at === this.#start;
    const isWhole = surplus >= length;
    const dropped = isWhole ? length : surplus;
    const freed = isWhole ? FRAME_HEAD_BYTES + length : surplus;
    this.#start = this.#wrap(this.#start + freed);
    this.#used -= freed;
    this.#droppedBytes += dropped;
    if (!isWhole) this.#writeHead(this.#start, stream, length - dropped);
    if (isLast) this.#last = isWhole ? undefined : { at: this.#start, stream, length: length - dropped };
  }

  #wrap(position: number): number {
    return position % this.#ring.length;
  }

  #copyIn(position: number, bytes: Buffer): void {
    const at = this.#wrap(position);
    const first = bytes.copy(this.#ring, at);
    if (first < bytes.length) bytes.copy(this.#ring, 0, first);
  }

  #copyOut(position: number, length: number): Buffer {
    const at = this.#wrap(position);
    const first = this.#ring.subarray(at, at + length);
    return Buffer.concat([first, this.#ring.subarray(0, length - first.length)]);
  }

  #writeHead(at: number, stream: StreamName, length: number): void {
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeUInt8(STREAM_CODES[stream], 0);
    head.writeUInt32BE(length, 1);
    this.#copyIn(at, head);
  }

  #readHead(at: number): { readonly stream: StreamName; readonly length: number } {
    const head = this.#copyOut(at, FRAME_HEAD_BYTES);
    const stream = toStreamName(head.readUInt8(0));
    if (stream === undefined) throw new Error(`expected the head of a frame at ${String(at)} of the ring`);
    return { stream, length: head.readUInt32BE(1) };
  }
}
