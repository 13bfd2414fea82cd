import { isAlias, isMap, isNode, isScalar, isSeq } from "yaml";
import { Refusal } from "./problem.ts";

/** A stretch of a text, by offsets; `end` is the first one after it. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export function splice(text: string, { start, end }: Stretch, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/** The start of the line after the one that `offset` stands in; the end of the text after the last. */
export function nextLine(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

export function rangeOf(node: unknown): Stretch {
  if (!isNode(node) || !node.range) throw new Refusal("syntax", "expected a value with a place");
  return { start: node.range[0], end: node.range[1] };
}

/** Where what is written of a value ends, without the blank lines and comments after it. */
export function contentEnd(text: string, node: unknown): number {
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last === undefined) return rangeOf(node).end;
    if (isNode(last)) return contentEnd(text, last);
    const pair = isPairLike(last) ? last : { key: null, value: null };
    return isNode(pair.value) && rangeOf(pair.value).end > rangeOf(pair.key).end
      ? contentEnd(text, pair.value)
      : rangeOf(pair.key).end;
  }
  const { start, end } = rangeOf(node);
  if (isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED")) {
    const trimmed = text.slice(start, end).trimEnd();
    // `|+` keeps the blank lines after it: they are its value.
    return /^[|>][0-9]?\+/.test(trimmed) ? end - (text[end - 1] === "\n" ? 1 : 0) : start + trimmed.length;
  }
  return end;
}

function isPairLike(item: unknown): item is { readonly key: unknown; readonly value: unknown } {
  return typeof item === "object" && item !== null && "key" in item && "value" in item;
}

/** Moves lines to the right or, as far as they have room, to the left. */
export function shiftLines(lines: string, by: number): string {
  if (by === 0) return lines;
  return lines
    .split("\n")
    .map((line) => {
      if (line.trim() === "") return line;
      if (by > 0) return " ".repeat(by) + line;
      const room = line.length - line.trimStart().length;
      return line.slice(Math.min(room, -by));
    })
    .join("\n");
}

export function assertNoAlias(node: unknown): void {
  if (isAlias(node)) throw new Refusal("alias", "this is written by an alias (*); edit it in the text");
}

/** Text that ends in a line break, so that lines can follow. */
export function withLineEnd(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
