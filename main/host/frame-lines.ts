/** Cuts a stream of bytes into lines of UTF-8. A line above `limitBytes` ends it: `push` then returns false, for good. */
export class LineCutter {
  readonly #limitBytes: number;
  readonly #onLine: (line: string) => void;
  #parts: Buffer[] = [];
  #sizeBytes = 0;
  #isBroken = false;

  constructor(limitBytes: number, onLine: (line: string) => void) {
    this.#limitBytes = limitBytes;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): boolean {
    let start = 0;
    while (!this.#isBroken) {
      const newline = chunk.indexOf(0x0a, start);
      this.#keep(chunk.subarray(start, newline === -1 ? chunk.length : newline));
      if (newline === -1) break;
      if (!this.#isBroken) this.#emit();
      start = newline + 1;
    }
    return !this.#isBroken;
  }

  #keep(part: Buffer): void {
    this.#sizeBytes += part.length;
    if (this.#sizeBytes > this.#limitBytes) {
      this.#isBroken = true;
      this.#parts = [];
    } else if (part.length > 0) this.#parts.push(part);
  }

  #emit(): void {
    const line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#sizeBytes = 0;
    if (line !== undefined && line.length > 0) this.#onLine(line.toString("utf8"));
  }
}
