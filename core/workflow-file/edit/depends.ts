import { isScalar, isSeq } from "yaml";
import { removeItem } from "./lists.ts";
import { nodeAt, pairOf, readOutline, valueOf } from "./outline.ts";
import { writePair } from "./pairs.ts";
import { renderValue } from "./render.ts";
import { columnOf, contentEnd, lineStart, nextLine, rangeOf, splice } from "./splice.ts";

/** The text with one dependency more; the list stays written as it is. */
export function addDependency(text: string, path: string, id: string): string {
  const outline = readOutline(text);
  const node = nodeAt(outline, path);
  if (node.dependsOn.includes(id)) return text;
  const { isJson } = outline;
  const value = valueOf(node.map, "dependsOn");
  const written = renderValue(id, { isJson, isFlow: true, column: 0 });
  if (isSeq(value) && value.items.length > 0) {
    const last = value.items.at(-1);
    const end = contentEnd(text, last);
    if (value.flow === true) return splice(text, { start: end, end }, `, ${written}`);
    const dash = text.lastIndexOf("-", rangeOf(last).start - 1);
    const at = nextLine(text, end);
    const line = `${" ".repeat(columnOf(text, dash))}- ${written}\n`;
    return text[at - 1] === "\n" ? splice(text, { start: at, end: at }, line) : `${text}\n${line}`;
  }
  if (isScalar(value) && typeof value.value === "string") {
    const stretch = rangeOf(value);
    return splice(text, stretch, `[${text.slice(stretch.start, stretch.end)}, ${written}]`);
  }
  return writePair(text, node.map, "dependsOn", [id], isJson);
}

/** The text without one dependency; the key goes with the last of them. */
export function removeDependency(text: string, path: string, id: string): string {
  const outline = readOutline(text);
  const node = nodeAt(outline, path);
  const value = valueOf(node.map, "dependsOn");
  if (isScalar(value)) return value.value === id ? writePair(text, node.map, "dependsOn", undefined, false) : text;
  if (!isSeq(value)) return text;
  const index = value.items.findIndex((item) => isScalar(item) && item.value === id);
  if (index < 0) return text;
  if (value.items.length === 1) return writePair(text, node.map, "dependsOn", undefined, false);
  if (value.flow === true) return removeItem(text, value, index);
  const { start, end } = rangeOf(value.items[index]);
  return splice(text, { start: lineStart(text, start), end: nextLine(text, end) }, "");
}

/** The text with a dependency under another name; without it when the new name is there already, or is the node's own. */
export function replaceDependency(text: string, path: string, from: string, to: string): string {
  const node = nodeAt(readOutline(text), path);
  if (!node.dependsOn.includes(from)) return text;
  if (node.dependsOn.includes(to) || node.id === to) return removeDependency(text, path, from);
  const value = pairOf(node.map, "dependsOn")?.value;
  const scalars = isSeq(value) ? value.items : [value];
  const scalar = scalars.find((item) => isScalar(item) && item.value === from);
  const isJson = readOutline(text).isJson;
  return splice(text, rangeOf(scalar), renderValue(to, { isJson, isFlow: true, column: 0 }));
}
