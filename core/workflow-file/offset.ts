/** A text value and the stretch of the file it was written in. */
export interface WrittenText {
  /** The whole file. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** The YAML library's name for how it is written. */
  readonly type: string;
}

/**
 * The offset in the file of `value[start]`. Exact for text on one line and for `|` blocks; for text that YAML folds or unescapes, the
 * place where the same characters stand, or else the start of the text.
 */
export function findOffset(written: WrittenText, start: number, end: number): number {
  const { text, value, type } = written;
  const opening = type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE" ? 1 : 0;
  if (text.startsWith(value, written.start + opening)) return written.start + opening + start;
  const line = type === "BLOCK_LITERAL" ? findInBlock(written, start) : null;
  return line ?? findSame(written, start, end) ?? written.start;
}

function findInBlock({ text, start: from, value }: WrittenText, start: number): number | null {
  const before = value.slice(0, start);
  const lineIndex = before.split("\n").length - 1;
  const column = start - (before.lastIndexOf("\n") + 1);
  let lineStart = text.indexOf("\n", from) + 1;
  for (let index = 0; index < lineIndex && lineStart > 0; index++) lineStart = text.indexOf("\n", lineStart) + 1;
  if (lineStart === 0) return null;
  const valueLine = value.split("\n", lineIndex + 1)[lineIndex] ?? "";
  const fileLine = text
    .slice(lineStart, text.indexOf("\n", lineStart) < 0 ? text.length : text.indexOf("\n", lineStart))
    .replace(/\r$/, "");
  return fileLine.endsWith(valueLine) ? lineStart + fileLine.length - valueLine.length + column : null;
}

/** The n-th occurrence in the file of what is the n-th occurrence in the value. */
function findSame({ text, start: from, end: to, value }: WrittenText, start: number, end: number): number | null {
  const sought = value.slice(start, Math.max(end, start + 1));
  if (sought === "") return null;
  let at = from - 1;
  for (let found = value.indexOf(sought); found >= 0 && found <= start; found = value.indexOf(sought, found + 1)) {
    at = text.indexOf(sought, at + 1);
    if (at < 0 || at >= to) return null;
  }
  return at >= from ? at : null;
}
