/** Lines kept for the screen; older ones are dropped from it (the log itself is kept by the coordinator). */
export const MAX_LOG_LINES = 50_000;
/** A longer line is cut for the screen. */
const MAX_LINE_LENGTH = 4_000;

export interface LogLine {
  /** Counts from 1 over the whole log. */
  readonly number: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface LogInput {
  readonly offset: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** Turns pieces of output into lines, piece by piece, and keeps the newest. */
export class LogLines {
  #lines: LogLine[] = [];
  #rest = { stdout: "", stderr: "" };
  #nextOffset = 0;
  #count = 0;

  /** Whole lines, then what has come of a line not ended yet. */
  lines(): readonly LogLine[] {
    const open: LogLine[] = [];
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#rest[stream] === "") continue;
      open.push({ number: this.#count + open.length + 1, stream, text: toVisible(this.#rest[stream]) });
    }
    return [...this.#lines, ...open];
  }

  /** Adds a piece; one that lies before what was already added is ignored, so that adding all again is harmless. */
  append(piece: LogInput): void {
    if (piece.offset < this.#nextOffset) return;
    this.#nextOffset = piece.offset + 1;
    const parts = (this.#rest[piece.stream] + piece.text).split("\n");
    this.#rest[piece.stream] = parts.pop() ?? "";
    for (const text of parts) {
      this.#count += 1;
      this.#lines.push({ number: this.#count, stream: piece.stream, text: toVisible(text) });
    }
    if (this.#lines.length > MAX_LOG_LINES) this.#lines = this.#lines.slice(-MAX_LOG_LINES);
  }
}

// Terminal control: CSI and OSC sequences, and single control characters but tab.
const ESCAPE = String.raw`\u001b`;
const CONTROL = new RegExp(
  [
    String.raw`${ESCAPE}\[[0-?]*[ -/]*[@-~]`,
    String.raw`${ESCAPE}\][^\u0007\u001b]*(?:\u0007|${ESCAPE}\\)`,
    String.raw`[\u0000-\u0008\u000b-\u001f\u007f]`,
  ].join("|"),
  "g",
);

/** A line as it would stand in a terminal at the end: control sequences gone, of `\r` overwrites the last. */
function toVisible(line: string): string {
  const written = line.endsWith("\r") ? line.slice(0, -1) : line;
  const text = written.slice(written.lastIndexOf("\r") + 1).replace(CONTROL, "");
  return text.length > MAX_LINE_LENGTH ? `${text.slice(0, MAX_LINE_LENGTH)}…` : text;
}
