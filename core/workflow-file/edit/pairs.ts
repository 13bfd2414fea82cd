import { isMap, isScalar, type Pair, type YAMLMap } from "yaml";
import type { Json } from "../../base/json.ts";
import { keyOf, pairOf } from "./outline.ts";
import { renderKey, renderValue } from "./render.ts";
import { assertNoAlias, columnOf, contentEnd, lineStart, nextLine, rangeOf, splice } from "./splice.ts";

/** Keys in the order in which people write them; what is not here comes before the lists of children. */
const ORDER = ["id", "type", "label", "dependsOn"];
const CHILD_KEYS = ["nodes", "then", "else"];

/** Writes one key of a map, replacing, adding or (undefined) removing it. Nothing else of the text changes. */
export function writePair(text: string, map: YAMLMap, key: string, value: Json | undefined, isJson: boolean): string {
  const pair = pairOf(map, key);
  if (pair === undefined) return value === undefined ? text : addPair(text, map, key, value, isJson);
  return value === undefined ? removePair(text, map, pair) : replaceValue(text, map, pair, value, isJson);
}

function replaceValue(text: string, map: YAMLMap, pair: Pair, value: Json, isJson: boolean): string {
  assertNoAlias(pair.value);
  const key = keyOf(pair);
  const style = { isJson, isFlow: map.flow === true, column: columnOf(text, rangeOf(key).start) };
  const rendered = renderValue(value, style);
  const colon = text.indexOf(":", rangeOf(key).end) + 1;
  if (!hasValue(pair)) return splice(text, { start: colon, end: colon }, ` ${rendered}`);
  // What stands in lines of its own begins anew after the colon, and takes its comments with it.
  const isOnLine = isScalar(pair.value) || (isMap(pair.value) && pair.value.flow === true);
  const { start } = rangeOf(pair.value);
  const from = isOnLine || text.slice(colon, start).trim() === "" ? start : colon;
  const end = contentEnd(text, pair.value);
  const isBelow = text.slice(colon, from).includes("\n");
  return isBelow ? splice(text, { start: colon, end }, ` ${rendered}`) : splice(text, { start: from, end }, rendered);
}

function hasValue(pair: Pair): boolean {
  return isScalar(pair.value)
    ? pair.value.source !== "" || rangeOf(pair.value).end > rangeOf(pair.value).start
    : pair.value !== null;
}

function addPair(text: string, map: YAMLMap, key: string, value: Json, isJson: boolean): string {
  const before = pairBefore(map, key);
  if (map.flow === true) {
    const written = `${renderKey(key, { isJson, isFlow: true, column: 0 })}: ${renderValue(value, { isJson, isFlow: true, column: 0 })}`;
    if (before === null) {
      const at = rangeOf(map).start + 1;
      const first = map.items[0];
      return splice(text, { start: at, end: at }, first === undefined ? ` ${written} ` : ` ${written},`);
    }
    const at = endOfPair(text, before);
    return splice(text, { start: at, end: at }, `, ${written}`);
  }
  const first = map.items[0];
  const column = first === undefined ? 0 : columnOf(text, rangeOf(keyOf(first)).start);
  const style = { isJson, isFlow: false, column };
  const written = `${renderKey(key, style)}: ${renderValue(value, style)}`;
  if (before === null) {
    const at = rangeOf(map).start;
    return splice(text, { start: at, end: at }, `${written}\n${" ".repeat(column)}`);
  }
  const at = nextLine(text, endOfPair(text, before));
  const line = `${" ".repeat(column)}${written}\n`;
  return text[at - 1] === "\n" ? splice(text, { start: at, end: at }, line) : `${text}\n${line}`;
}

/** After which pair a new key goes. */
function pairBefore(map: YAMLMap, key: string): Pair | null {
  const keys = map.items.map((pair) => String(keyOf(pair).value));
  const own = ORDER.indexOf(key);
  if (own >= 0) {
    const place = keys.findLastIndex((each) => ORDER.includes(each) && ORDER.indexOf(each) < own);
    return map.items[place] ?? map.items[0] ?? null;
  }
  const children = CHILD_KEYS.includes(key) ? -1 : keys.findIndex((each) => CHILD_KEYS.includes(each));
  return map.items.at(children > 0 ? children - 1 : -1) ?? null;
}

function endOfPair(text: string, pair: Pair): number {
  if (hasValue(pair) && pair.value !== undefined) return contentEnd(text, pair.value);
  return text.indexOf(":", rangeOf(keyOf(pair)).end) + 1;
}

function removePair(text: string, map: YAMLMap, pair: Pair): string {
  const index = map.items.indexOf(pair);
  const { start } = rangeOf(keyOf(pair));
  const end = endOfPair(text, pair);
  const next = map.items[index + 1];
  const previous = map.items[index - 1];
  if (map.flow === true) {
    if (previous !== undefined) return splice(text, { start: endOfPair(text, previous), end }, "");
    return splice(text, { start, end: next === undefined ? end : rangeOf(keyOf(next)).start }, "");
  }
  if (previous === undefined && next !== undefined) return splice(text, { start, end: rangeOf(keyOf(next)).start }, "");
  return splice(text, { start: lineStart(text, start), end: nextLine(text, end) }, "");
}
