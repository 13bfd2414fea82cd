/** Pieces of one frame that are kept apart; more are joined, so that many small ones take no more room than the frame. */
const MAX_PARTS = 4_096;

/**
 * Cuts a stream of text into frames by a delimiter of one sign. Every sign is looked at once, however the stream was cut: a peer that sends
 * its bytes one by one costs no more for it.
 */
export class FrameCutter {
  readonly #delimiter: string;
  #parts: string[] = [];
  #length = 0;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Length of the frame that has begun, in UTF-16 units: never more than its bytes. */
  get pendingLength(): number {
    return this.#length;
  }

  /** The frames that are whole now, without their delimiters, one after the other. */
  *push(text: string): Generator<string> {
    let start = 0;
    for (let end = text.indexOf(this.#delimiter); end !== -1; end = text.indexOf(this.#delimiter, start)) {
      const last = text.slice(start, end);
      start = end + 1;
      yield this.#take(last);
    }
    if (start === text.length) return;
    this.#parts.push(start === 0 ? text : text.slice(start));
    this.#length += text.length - start;
    if (this.#parts.length > MAX_PARTS) this.#parts = [this.#parts.join("")];
  }

  #take(last: string): string {
    if (this.#parts.length === 0) return last;
    this.#parts.push(last);
    const frame = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    return frame;
  }
}
