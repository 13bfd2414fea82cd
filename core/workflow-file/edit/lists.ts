import type { YAMLSeq } from "yaml";
import { isMap, isNode, isSeq, parseDocument } from "yaml";
import type { Json } from "../../base/json.ts";
import type { Outline, OutlineList, OutlineNode } from "./outline.ts";
import { keyOf, pairOf } from "./outline.ts";
import { Refusal } from "./problem.ts";
import { renderValue } from "./render.ts";
import type { Stretch } from "./splice.ts";
import {
  assertNoAlias,
  columnOf,
  contentEnd,
  lineStart,
  nextLine,
  rangeOf,
  shiftLines,
  splice,
  withLineEnd,
} from "./splice.ts";

/** A node's text, taken out of where it stood: lines from column 0 beginning with `- `, or what stood between two commas. */
export interface Chunk {
  readonly kind: "lines" | "inline";
  readonly text: string;
}

/** Where a node is written: in a list of lines with its own comment lines above, in brackets by itself. */
export function stretchOf(text: string, seq: YAMLSeq, index: number): Stretch {
  const item = seq.items[index];
  assertNoAlias(item);
  if (seq.flow === true) return rangeOf(item);
  const dash = dashOf(text, rangeOf(item).start);
  let start = lineStart(text, dash);
  const indent = text.slice(start, dash);
  // The comment right above, at the node's own column, is about the node.
  for (;;) {
    const above = lineStart(text, Math.max(0, start - 1));
    if (above === start || !text.slice(above, start).startsWith(`${indent}#`)) break;
    start = above;
  }
  return { start, end: nextLine(text, contentEnd(text, item)) };
}

function dashOf(text: string, itemStart: number): number {
  const dash = text.lastIndexOf("-", itemStart - 1);
  if (text.slice(lineStart(text, dash), dash).trim() !== "")
    throw new Refusal("refused", "this list begins in the line of another; edit it in the text");
  return dash;
}

export function chunkOf({ text }: Outline, list: OutlineList, node: OutlineNode): Chunk {
  const { start, end } = stretchOf(text, list.seq, node.index);
  if (list.seq.flow === true) return { kind: "inline", text: text.slice(start, end) };
  const column = columnOf(text, dashOf(text, rangeOf(node.map).start));
  return { kind: "lines", text: withLineEnd(shiftLines(text.slice(start, end), -column)) };
}

/** The text without one item of a list. */
export function removeItem(text: string, seq: YAMLSeq, index: number): string {
  const stretch = isInline(seq) ? rangeOf(seq.items[index]) : stretchOf(text, seq, index);
  if (!isInline(seq)) {
    if (seq.items.length > 1) return splice(text, stretch, "");
    // A list without items needs its brackets.
    const dash = dashOf(text, rangeOf(seq.items[0]).start);
    return splice(text, stretch, `${" ".repeat(columnOf(text, dash) + 2)}[]\n`);
  }
  const next = seq.items[index + 1];
  const previous = seq.items[index - 1];
  if (previous !== undefined) return splice(text, { start: rangeOf(previous).end, end: stretch.end }, "");
  return splice(text, { start: stretch.start, end: next === undefined ? stretch.end : rangeOf(next).start }, "");
}

function isInline(seq: YAMLSeq): boolean {
  return seq.flow === true;
}

/** The text with a node at `index` of a list. */
export function insertChunk(outline: Outline, list: OutlineList, index: number, chunk: Chunk): string {
  const { text } = outline;
  const { seq } = list;
  if (isInline(seq)) {
    if (seq.items.length === 0 && !isInsideBrackets(outline, list)) return openList(outline, list, chunk);
    const inline = toInline(chunk, outline.isJson);
    const before = seq.items[index - 1];
    const after = seq.items[index];
    if (before !== undefined) return insertAt(text, rangeOf(before).end, `, ${inline}`);
    return after === undefined
      ? insertAt(text, rangeOf(seq).start + 1, inline)
      : insertAt(text, rangeOf(after).start, `${inline}, `);
  }
  const column = columnOf(text, dashOf(text, rangeOf(seq.items[0]).start));
  const lines = shiftLines(toLines(chunk), column);
  if (index < seq.items.length) return insertAt(text, stretchOf(text, seq, index).start, lines);
  const { end } = stretchOf(text, seq, seq.items.length - 1);
  return text[end - 1] === "\n" ? insertAt(text, end, lines) : `${text}\n${lines}`;
}

/** `nodes: []` becomes a list of lines. */
function openList(outline: Outline, { seq, place }: OutlineList, chunk: Chunk): string {
  const holder = place.parent === null ? outline.root : outline.byPath.get(place.parent)?.map;
  const pair = holder === undefined ? undefined : pairOf(holder, place.key);
  if (pair === undefined) throw new Refusal("missing-field", `there is no list "${place.key}"`);
  const { start: key, end } = rangeOf(keyOf(pair));
  const column = columnOf(outline.text, key);
  const colon = outline.text.indexOf(":", end) + 1;
  const lines = shiftLines(toLines(chunk), column + 2).replace(/\n$/, "");
  return splice(outline.text, { start: colon, end: rangeOf(seq).end }, `\n${lines}`);
}

function isInsideBrackets(outline: Outline, { place }: OutlineList): boolean {
  const holder = place.parent === null ? outline.root : outline.byPath.get(place.parent)?.map;
  return holder?.flow === true;
}

function insertAt(text: string, at: number, added: string): string {
  return splice(text, { start: at, end: at }, added);
}

export function toLines({ kind, text }: Chunk): string {
  return kind === "lines" ? withLineEnd(text) : `- ${text.replaceAll("\n", "\n  ")}\n`;
}

/** A node in one line; its comments would be lost, so then it is refused. */
export function toInline({ kind, text }: Chunk, isJson: boolean): string {
  if (kind === "inline") return text;
  const document = parseDocument(text, { version: "1.2", merge: false });
  const contents = document.contents;
  const item = isSeq(contents) ? contents.items[0] : null;
  if (!isMap(item)) throw new Refusal("refused", "only a node can stand in this list");
  if (/^\s*#|\s#\s/m.test(text))
    throw new Refusal(
      "comments",
      "this node has comments, and would have to stand in a list in brackets, where they are lost",
    );
  return renderValue(isNode(item) ? (item.toJS(document) as Json) : null, { isJson, isFlow: true, column: 0 });
}
