import { MAX_LINE_BYTES } from "./messages.ts";

/** Cuts a stream of text into lines, holding back at most one unfinished line of `MAX_LINE_BYTES`. */
export class LineBuffer {
  #rest = "";

  /** The lines finished by this chunk, without their newlines, or `undefined` once a line is too long. */
  push(chunk: string): readonly string[] | undefined {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > MAX_LINE_BYTES || lines.some((line) => line.length > MAX_LINE_BYTES)) return undefined;
    return lines;
  }
}
