const NEWLINE = 10;

/** Why a stream of lines and bytes could not be read on: it ended in the middle, or a line was too long. */
export class ByteReaderError extends Error {
  readonly code = "byte-reader";
}

/** Takes lines and counted bytes, in turn, from one stream of chunks. Not for concurrent use. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next line without its newline, or `null` when the stream ended before one began. */
  async line(maxBytes: number): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const chunk = await this.#next();
      if (chunk === null) {
        if (length === 0) return null;
        throw new ByteReaderError(`expected a newline, found the end after ${length} bytes`);
      }
      const end = chunk.indexOf(NEWLINE);
      const part = end === -1 ? chunk : chunk.subarray(0, end);
      length += part.length;
      if (length > maxBytes) throw new ByteReaderError(`expected a line of at most ${maxBytes} bytes`);
      parts.push(part);
      if (end === -1) continue;
      this.#rest = chunk.subarray(end + 1);
      return join(parts, length);
    }
  }

  /** Exactly `count` bytes, chunk by chunk. */
  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    let missing = count;
    while (missing > 0) {
      const chunk = await this.#next();
      if (chunk === null) throw new ByteReaderError(`expected ${missing} more bytes, found the end`);
      const part = chunk.subarray(0, missing);
      this.#rest = chunk.subarray(part.length);
      missing -= part.length;
      yield part;
    }
  }

  async #next(): Promise<Uint8Array | null> {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = new Uint8Array();
      return rest;
    }
    const step = await this.#chunks.next();
    return step.done === true ? null : step.value;
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
