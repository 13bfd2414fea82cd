import { addDependency, removeDependency, replaceDependency } from "./depends.ts";
import { edit } from "./edit.ts";
import { chunkOf, insertChunk, removeItem, type Chunk } from "./lists.ts";
import { freshId, listAt, nodeAt, pathIn, readOutline, siblingsOf, type ListPlace } from "./outline.ts";
import { writePair } from "./pairs.ts";
import { Refusal, type EditResult } from "./problem.ts";

/**
 * Moves a node into another list, to its end or to `index`. What waited for it, and what it waited for, waits for the container it
 * goes into, or waits for it as a part of the one it leaves.
 */
export function moveNode(text: string, path: string, place: ListPlace, index?: number): EditResult {
  return edit(text, () => {
    if (place.parent === path || place.parent?.startsWith(`${path}/`) === true)
      throw new Refusal("into-itself", "a node cannot be moved into itself");
    const node = nodeAt(readOutline(text), path);
    const isSame = place.parent === node.list.parent && place.key === node.list.key;
    const loose = isSame ? text : handOver(text, path, place);
    return { text: carry(loose, path, place, index), selected: pathIn(place, node.id) };
  });
}

/** Ends what ties a node to its siblings, and ties the containers instead. */
function handOver(text: string, path: string, place: ListPlace): string {
  const outline = readOutline(text);
  const node = nodeAt(outline, path);
  const siblings = siblingsOf(outline, node);
  const into = siblings.find(({ path: each }) => each === place.parent || place.parent?.startsWith(`${each}/`));
  const from = node.list.parent;
  const isOut = from !== null && pathParent(from) === place.parent;
  let now = text;
  for (const id of node.dependsOn) {
    now = removeDependency(now, path, id);
    if (into !== undefined && id !== into.id) now = addDependency(now, into.path, id);
  }
  for (const each of siblings.filter(({ dependsOn }) => dependsOn.includes(node.id)))
    now =
      into === undefined
        ? removeDependency(now, each.path, node.id)
        : replaceDependency(now, each.path, node.id, into.id);
  if (!isOut) return now;
  const container = nodeAt(outline, from);
  if (node.dependsOn.length > 0) return addDependency(now, path, container.id);
  return siblings.some(({ dependsOn }) => dependsOn.includes(node.id)) ? addDependency(now, from, node.id) : now;
}

function pathParent(path: string): string | null {
  const at = path.lastIndexOf("/");
  return at < 0 ? null : path.slice(0, at);
}

/** Takes a node's text out of one list and puts it into another. */
function carry(text: string, path: string, place: ListPlace, index: number | undefined): string {
  const outline = readOutline(text);
  const node = nodeAt(outline, path);
  const source = listAt(outline, node.list);
  const target = listAt(outline, place);
  const chunk = chunkOf(outline, source, node);
  const isSame = source.seq === target.seq;
  const left = readOutline(removeItem(text, source.seq, node.index));
  const list = listAt(left, place);
  const wanted = index ?? list.seq.items.length;
  return insertChunk(left, list, isSame && wanted > node.index ? wanted - 1 : wanted, chunk);
}

/** The texts of nodes, for `pasteNodes`. */
export function copyNodes(text: string, paths: readonly string[]): readonly Chunk[] {
  const outline = readOutline(text);
  return paths.flatMap((path) => {
    const node = outline.byPath.get(path);
    return node === undefined ? [] : [chunkOf(outline, listAt(outline, node.list), node)];
  });
}

/** Puts copies of nodes into a list, under ids of their own. They wait for what they waited for, as far as it is here. */
export function pasteNodes(text: string, chunks: readonly Chunk[], place: ListPlace, index?: number): EditResult {
  return edit(text, () => {
    if (chunks.length === 0) throw new Refusal("no-selection", "there is nothing to paste");
    let now = text;
    let selected: string | null = null;
    for (const [count, chunk] of chunks.entries()) {
      const outline = readOutline(now);
      const list = listAt(outline, place);
      const ids = list.nodes.map(({ id }) => id);
      const at = index === undefined ? list.seq.items.length : index + count;
      const named = renameChunk(chunk, ids);
      now = insertChunk(outline, list, at, named.chunk);
      selected = pathIn(place, named.id);
      for (const id of nodeAt(readOutline(now), selected).dependsOn)
        if (!ids.includes(id)) now = removeDependency(now, selected, id);
    }
    return { text: now, selected };
  });
}

/** A copy right behind each node. */
export function duplicateNode(text: string, path: string): EditResult {
  return edit(text, () => {
    const node = nodeAt(readOutline(text), path);
    const result = pasteNodes(text, copyNodes(text, [path]), node.list, node.index + 1);
    if (!result.ok) throw new Refusal(result.error.code, result.error.message);
    return result.value;
  });
}

function renameChunk(chunk: Chunk, taken: readonly string[]): { readonly chunk: Chunk; readonly id: string } {
  const isLines = chunk.kind === "lines";
  const before = isLines ? "nodes:\n" : "nodes: [";
  const whole = before + chunk.text + (isLines ? "" : "]");
  const outline = readOutline(whole);
  const node = outline.list?.nodes[0];
  if (node === undefined) throw new Refusal("refused", "only nodes can be pasted");
  const id = freshId(taken, node.id);
  const isJson = !isLines && /^\{\s*"/.test(chunk.text);
  const renamed = writePair(whole, node.map, "id", id, isJson);
  return { chunk: { ...chunk, text: renamed.slice(before.length, isLines ? undefined : -1) }, id };
}
