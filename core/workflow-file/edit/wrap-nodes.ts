import { addDependency, removeDependency, replaceDependency } from "./depends.ts";
import { edit } from "./edit.ts";
import { chunkOf, insertChunk, removeItem, toInline, toLines, type Chunk } from "./lists.ts";
import {
  freshId,
  isSequence,
  listAt,
  nodeAt,
  pathIn,
  readOutline,
  siblingsOf,
  type Outline,
  type OutlineNode,
} from "./outline.ts";
import { Refusal, type EditResult } from "./problem.ts";
import { shiftLines } from "./splice.ts";

export type ContainerType = "pipeline" | "parallel" | "conditional" | "loop";

const HEADS: Readonly<Record<ContainerType, readonly string[]>> = {
  pipeline: [],
  parallel: [],
  conditional: ["if: true"],
  loop: ["times: 3"],
};

/** Puts siblings into a new container. It waits for what they waited for outside, and what waited for one of them waits for it. */
export function wrapNodes(text: string, paths: readonly string[], type: ContainerType, id?: string): EditResult {
  return edit(text, () => {
    const outline = readOutline(text);
    const chosen = chosenSiblings(outline, paths);
    const [first] = chosen;
    const siblings = siblingsOf(outline, first);
    const ids = new Set(chosen.map((node) => node.id));
    const name = freshId(
      siblings.map((node) => node.id),
      id ?? type,
    );
    const outside = [...new Set(chosen.flatMap((node) => node.dependsOn.filter((each) => !ids.has(each))))];
    let now = text;
    for (const node of chosen)
      for (const each of node.dependsOn) if (!ids.has(each)) now = removeDependency(now, node.path, each);
    for (const node of siblings.filter((each) => !ids.has(each.id)))
      for (const each of node.dependsOn) if (ids.has(each)) now = replaceDependency(now, node.path, each, name);
    now = putInside(now, chosen, type, name);
    const path = pathIn(first.list, name);
    for (const each of outside) now = addDependency(now, path, each);
    return { text: now, selected: path };
  });
}

function chosenSiblings(outline: Outline, paths: readonly string[]): readonly [OutlineNode, ...OutlineNode[]] {
  const nodes = paths.map((path) => nodeAt(outline, path)).sort((a, b) => a.index - b.index);
  const [first, ...rest] = nodes;
  if (first === undefined) throw new Refusal("no-selection", "choose the nodes to wrap first");
  if (rest.some((node) => node.list.parent !== first.list.parent || node.list.key !== first.list.key))
    throw new Refusal("not-siblings", "only nodes of one container can be wrapped together");
  return [first, ...rest];
}

function putInside(
  text: string,
  chosen: readonly [OutlineNode, ...OutlineNode[]],
  type: ContainerType,
  id: string,
): string {
  const [{ list: place, index }] = chosen;
  const outline = readOutline(text);
  const list = listAt(outline, place);
  const chunks = chosen.map((node) => chunkOf(outline, list, nodeAt(outline, node.path)));
  const wrapped = list.seq.flow === true ? wrapInline(chunks, type, id, outline) : wrapLines(chunks, type, id);
  // The container goes in before its nodes leave, so that the list is never empty.
  const both = insertChunk(outline, list, index, wrapped);
  return [...chosen]
    .reverse()
    .reduce((now, node) => removeItem(now, listAt(readOutline(now), place).seq, node.index + 1), both);
}

function childKey(type: ContainerType): "then" | "nodes" {
  return type === "conditional" ? "then" : "nodes";
}

function wrapLines(chunks: readonly Chunk[], type: ContainerType, id: string): Chunk {
  const head = [`- id: ${id}`, `  type: ${type}`, ...HEADS[type].map((line) => `  ${line}`), `  ${childKey(type)}:`];
  return {
    kind: "lines",
    text: `${head.join("\n")}\n${chunks.map((chunk) => shiftLines(toLines(chunk), 4)).join("")}`,
  };
}

function wrapInline(chunks: readonly Chunk[], type: ContainerType, id: string, { isJson }: Outline): Chunk {
  const quote = (name: string): string => (isJson ? JSON.stringify(name) : name);
  const inside = chunks.map((chunk) => toInline(chunk, isJson)).join(", ");
  const heads = HEADS[type].map((line) => line.replace(/^\w+/, quote));
  const head = [`${quote("id")}: ${quote(id)}`, `${quote("type")}: ${quote(type)}`, ...heads];
  return { kind: "inline", text: `{ ${head.join(", ")}, ${quote(childKey(type))}: [${inside}] }` };
}

/** Puts a container's nodes in its place. They wait for what it waited for, and what waited for it waits for the last of them. */
export function unwrapNode(text: string, path: string): EditResult {
  return edit(text, () => {
    const outline = readOutline(text);
    const node = nodeAt(outline, path);
    const [inside, other] = node.children;
    if (inside === undefined) throw new Refusal("missing-field", `"${node.id}" holds no nodes`);
    if (other !== undefined)
      throw new Refusal(
        "has-else",
        `"${node.id}" has both then and else, of which only one would run; remove one first`,
      );
    const ends = inside.nodes.filter(({ id }) => !inside.nodes.some(({ dependsOn }) => dependsOn.includes(id)));
    const wasOrdered = isSequence(outline, inside.place);
    const isOrdered = wasOrdered && !isSequence(outline, node.list);
    const last = wasOrdered ? inside.nodes.slice(-1) : ends;
    let now = text;
    for (const sibling of siblingsOf(outline, node).filter((each) => each.dependsOn.includes(node.id))) {
      for (const end of last) now = addDependency(now, sibling.path, end.id);
      now = removeDependency(now, sibling.path, node.id);
    }
    for (const [index, child] of inside.nodes.entries()) {
      const before = inside.nodes[index - 1];
      if (isOrdered && before !== undefined) now = addDependency(now, child.path, before.id);
      else if (child.dependsOn.length === 0 && (index === 0 || !wasOrdered))
        for (const id of node.dependsOn) now = addDependency(now, child.path, id);
    }
    const firstId = inside.nodes[0]?.id;
    return { text: takeOut(now, path), selected: firstId === undefined ? null : pathIn(node.list, firstId) };
  });
}

function takeOut(text: string, path: string): string {
  const outline = readOutline(text);
  const node = nodeAt(outline, path);
  const chunks = node.children.flatMap((list) => list.nodes.map((child) => chunkOf(outline, list, child)));
  let now = removeItem(text, listAt(outline, node.list).seq, node.index);
  for (const [count, chunk] of chunks.entries()) {
    const fresh = readOutline(now);
    now = insertChunk(fresh, listAt(fresh, node.list), node.index + count, chunk);
  }
  return now;
}
