import { isMap, isScalar, isSeq, parseDocument, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { Refusal } from "./problem.ts";

/** Where a list of siblings stands: under which node (null: the workflow itself), under which of its keys. */
export interface ListPlace {
  readonly parent: string | null;
  readonly key: "nodes" | "then" | "else";
}

/** A list of siblings as it is written. */
export interface OutlineList {
  readonly place: ListPlace;
  readonly seq: YAMLSeq;
  readonly nodes: readonly OutlineNode[];
}

/** A node as it is written. `path` is made of ids: `resize/one`. */
export interface OutlineNode {
  readonly path: string;
  readonly id: string;
  readonly type: string;
  readonly map: YAMLMap;
  readonly list: ListPlace;
  readonly index: number;
  readonly dependsOn: readonly string[];
  readonly children: readonly OutlineList[];
}

/** A workflow file with the places of its nodes. */
export interface Outline {
  readonly text: string;
  readonly root: YAMLMap;
  /** Null where the file has no list of nodes yet. */
  readonly list: OutlineList | null;
  readonly byPath: ReadonlyMap<string, OutlineNode>;
  /** Whether the file is written as JSON. */
  readonly isJson: boolean;
}

const LIST_KEYS = ["nodes", "then", "else"] as const;

/** Reads where everything stands. Refuses a text that is not YAML, or whose top is no map. */
export function readOutline(text: string): Outline {
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, version: "1.2", merge: false });
  const [error] = document.errors;
  if (error !== undefined) throw new Refusal("syntax", `the text cannot be read: ${error.message}`);
  const root = document.contents;
  if (!isMap(root)) throw new Refusal("syntax", "the text is no workflow: expected keys and values at its top");
  const byPath = new Map<string, OutlineNode>();
  const seq = valueOf(root, "nodes");
  const list = isSeq(seq) ? readList(seq, { parent: null, key: "nodes" }, byPath) : null;
  return { text, root, list, byPath, isJson: text.trimStart().startsWith("{") };
}

function readList(seq: YAMLSeq, place: ListPlace, byPath: Map<string, OutlineNode>): OutlineList {
  const nodes = seq.items.flatMap((item, index): OutlineNode[] => {
    if (!isMap(item)) return [];
    const id = textOf(item, "id") ?? "";
    const path = place.parent === null ? id : `${place.parent}/${id}`;
    const node: OutlineNode = {
      path,
      id,
      type: textOf(item, "type") ?? "",
      map: item,
      list: place,
      index,
      dependsOn: dependenciesOf(item),
      children: LIST_KEYS.flatMap((key): OutlineList[] => {
        const inner = valueOf(item, key);
        return isSeq(inner) ? [readList(inner, { parent: path, key }, byPath)] : [];
      }),
    };
    // The first of two with one path is the one that is meant; the parser refuses such siblings.
    if (id !== "" && !byPath.has(path)) byPath.set(path, node);
    return [node];
  });
  return { place, seq, nodes };
}

function dependenciesOf(map: YAMLMap): readonly string[] {
  const value = valueOf(map, "dependsOn");
  if (isScalar(value)) return typeof value.value === "string" ? [value.value] : [];
  if (!isSeq(value)) return [];
  return value.items.flatMap((item) => (isScalar(item) && typeof item.value === "string" ? [item.value] : []));
}

/** The pair of a key as it is written. */
export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

export function valueOf(map: YAMLMap, key: string): unknown {
  return pairOf(map, key)?.value;
}

export function textOf(map: YAMLMap, key: string): string | null {
  const value = valueOf(map, key);
  return isScalar(value) && typeof value.value === "string" ? value.value : null;
}

export function keyOf(pair: Pair): Scalar {
  if (!isScalar(pair.key)) throw new Refusal("syntax", "expected a plain key");
  return pair.key;
}

export function nodeAt(outline: Outline, path: string): OutlineNode {
  const node = outline.byPath.get(path);
  if (node === undefined) throw new Refusal("missing-node", `there is no node "${path}"`);
  return node;
}

export function listAt(outline: Outline, place: ListPlace): OutlineList {
  const lists = place.parent === null ? [outline.list] : nodeAt(outline, place.parent).children;
  const list = lists.find((each) => each?.place.key === place.key);
  if (list === undefined || list === null)
    throw new Refusal("missing-field", `"${place.parent ?? "the workflow"}" has no list "${place.key}"`);
  return list;
}

export function siblingsOf(outline: Outline, node: OutlineNode): readonly OutlineNode[] {
  return listAt(outline, node.list).nodes;
}

/** Whether siblings of a list run one after the other by themselves. */
export function isSequence(outline: Outline, place: ListPlace): boolean {
  if (place.parent === null) return false;
  const { type } = nodeAt(outline, place.parent);
  return type === "pipeline" || type === "conditional";
}

export function pathIn(place: ListPlace, id: string): string {
  return place.parent === null ? id : `${place.parent}/${id}`;
}

/** An id that no sibling has: the wish, or the wish with a number. */
export function freshId(taken: Iterable<string>, wish: string): string {
  const known = new Set(taken);
  if (!known.has(wish)) return wish;
  const stem = wish.replace(/-\d+$/, "");
  for (let count = 2; ; count++) if (!known.has(`${stem}-${count}`)) return `${stem}-${count}`;
}
