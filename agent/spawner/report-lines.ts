import { StringDecoder } from "node:string_decoder";

/** One line of a report; of a longer one only the beginning goes on, which is no report any more: whoever wrote it is told. */
const MAX_LINE_LENGTH = 64 * 1024;
const SHOWN_LENGTH = 256;

/** The lines of a stream of bytes that comes in any pieces; blank ones are left out. */
export class ReportLines {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  take(bytes: Buffer): readonly string[] {
    const lines = (this.#rest + this.#decoder.write(bytes)).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, MAX_LINE_LENGTH + 1);
    return toLines(lines);
  }

  /** What is left when the stream ends without a newline. */
  end(): readonly string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    return toLines([rest]);
  }
}

function toLines(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => line.trim() !== "")
    .map((line) => (line.length > MAX_LINE_LENGTH ? line.slice(0, SHOWN_LENGTH) : line));
}
