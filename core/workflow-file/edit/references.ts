import { isMap, isScalar, isSeq, type Scalar, type YAMLMap } from "yaml";
import { findReferences, type Reference } from "../../expression/references.ts";
import { parseTemplate } from "../../expression/template.ts";
import { findOffset } from "../offset.ts";
import type { Outline, OutlineList, OutlineNode } from "./outline.ts";
import { valueOf } from "./outline.ts";
import { rangeOf, splice, type Stretch } from "./splice.ts";

/** A change of some characters of a text value. */
interface Change extends Stretch {
  readonly by: string;
}

const EXPRESSIONS = new Set(["if", "while", "until", "times", "forEach"]);
const EXPRESSION_MAPS = new Set(["set", "outputs", "collect"]);
const NO_TEXT = new Set(["id", "type", "label", "dependsOn", "workflow", "nodes", "then", "else"]);
const CEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const CEL_WORDS = new Set([
  "in",
  "as",
  "break",
  "const",
  "continue",
  "else",
  "for",
  "function",
  "if",
  "import",
  "let",
  "loop",
  "package",
  "namespace",
  "return",
  "var",
  "void",
  "while",
  "true",
  "false",
  "null",
]);

/** Every place in the text's expressions that means the node at the given list, under another id. */
export function renameReferences(outline: Outline, list: OutlineList, from: string, to: string): readonly Change[] {
  const found: { readonly scalar: Scalar; readonly isExpression: boolean }[] = [];
  const take = (scalar: Scalar, isExpression: boolean): void => void found.push({ scalar, isExpression });
  const { parent } = list.place;
  if (parent === null) {
    for (const key of EXPRESSION_MAPS) visit(valueOf(outline.root, key), true, take);
  } else {
    const until = valueOf(outline.byPath.get(parent)?.map ?? outline.root, "until");
    if (isScalar(until)) take(until, true);
  }
  for (const node of list.nodes) visitNode(node, from, node.id === from, take);
  return found.flatMap(({ scalar, isExpression }) => changesOf(outline.text, scalar, isExpression, from, to));
}

/** A node sees its siblings, not itself; whatever it holds sees them too, unless one of its own has the name. */
function visitNode(
  node: OutlineNode,
  id: string,
  isTarget: boolean,
  take: (scalar: Scalar, isExpression: boolean) => void,
): void {
  if (isTarget) return;
  const hides = node.children.some((list) => list.nodes.some((each) => each.id === id));
  visitFields(node.map, hides && node.type === "loop", take);
  for (const list of node.children) {
    const hidden = list.nodes.some((each) => each.id === id);
    // Only the one that has the name itself looks past it.
    for (const child of list.nodes) if (!hidden || child.id === id) visitNode(child, id, false, take);
  }
}

function visitFields(
  map: YAMLMap,
  isUntilHidden: boolean,
  take: (scalar: Scalar, isExpression: boolean) => void,
): void {
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : "";
    if (NO_TEXT.has(name) || (name === "until" && isUntilHidden)) continue;
    if (EXPRESSIONS.has(name)) {
      if (isScalar(value)) take(value, true);
    } else visit(value, EXPRESSION_MAPS.has(name), take);
  }
}

function visit(value: unknown, isExpression: boolean, take: (scalar: Scalar, isExpression: boolean) => void): void {
  if (isScalar(value)) take(value, isExpression);
  else if (isSeq(value)) for (const item of value.items) visit(item, isExpression, take);
  else if (isMap(value)) for (const pair of value.items) visit(pair.value, isExpression, take);
}

function changesOf(text: string, scalar: Scalar, isExpression: boolean, from: string, to: string): readonly Change[] {
  const { value } = scalar;
  if (typeof value !== "string" || !value.includes(from) || !value.includes("nodes")) return [];
  const sources = isExpression
    ? [{ source: value, sourceStart: 0 }]
    : parseTemplate(value).segments.flatMap((segment) => (segment.kind === "place" ? [segment] : []));
  const changes = sources.flatMap(({ source, sourceStart }) =>
    findReferences(source).flatMap((reference) => changeOf(reference, source, sourceStart, from, to)),
  );
  return changes.length === 0 ? [] : toFile(text, scalar, value, changes);
}

function changeOf(
  { name, members: [member] }: Reference,
  source: string,
  at: number,
  from: string,
  to: string,
): Change[] {
  if (name !== "nodes" || member?.name !== from) return [];
  const written = source.slice(member.start, member.end);
  if (/^['"]/.test(written)) return [{ start: at + member.start + 1, end: at + member.end - 1, by: to }];
  const start = source.lastIndexOf(".", source.indexOf(from, member.start)) + 1;
  const named = { start: at + start, end: at + start + from.length };
  if (CEL_NAME.test(to) && !CEL_WORDS.has(to)) return [{ ...named, by: to }];
  return [{ start: named.start - 1, end: named.end, by: `['${to}']` }];
}

/** Changes of a value as changes of the file; written anew as a whole where characters cannot be exchanged as they are. */
function toFile(text: string, scalar: Scalar, value: string, changes: readonly Change[]): readonly Change[] {
  const { start, end } = rangeOf(scalar);
  const written = { text, start, end, value, type: scalar.type ?? "PLAIN" };
  const exact = changes.map((change): Change => {
    const offset = findOffset(written, change.start, change.end);
    return { start: offset, end: offset + (change.end - change.start), by: change.by };
  });
  const isExact = exact.every((place, index) => {
    const change = changes[index];
    return change !== undefined && text.slice(place.start, place.end) === value.slice(change.start, change.end);
  });
  const isSafe =
    exact.every(({ by }) => !/['[]/.test(by)) || scalar.type === "QUOTE_DOUBLE" || scalar.type === "BLOCK_LITERAL";
  if (isExact && isSafe) return exact;
  const renewed = applyChanges(value, changes);
  return [{ start, end: start + text.slice(start, end).trimEnd().length, by: JSON.stringify(renewed) }];
}

/** All changes at once, whatever their order. */
export function applyChanges(text: string, changes: readonly Change[]): string {
  return [...changes].sort((a, b) => b.start - a.start).reduce((now, change) => splice(now, change, change.by), text);
}
