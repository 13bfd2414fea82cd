import { edit } from "./edit.ts";
import { addDependency, removeDependency } from "./depends.ts";
import { isSequence, nodeAt, readOutline, siblingsOf, type Outline } from "./outline.ts";
import { Refusal, type EditResult } from "./problem.ts";

/** Lets a node wait for a sibling. */
export function connect(text: string, from: string, to: string): EditResult {
  return edit(text, () => {
    const outline = readOutline(text);
    const refusal = whyNotConnect(outline, from, to);
    if (refusal !== null) throw refusal;
    return { text: addDependency(text, to, nodeAt(outline, from).id), selected: to };
  });
}

export function disconnect(text: string, from: string, to: string): EditResult {
  return edit(text, () => {
    const outline = readOutline(text);
    return { text: removeDependency(text, to, nodeAt(outline, from).id), selected: to };
  });
}

/** Why a node cannot wait for another; null when it can. Quick: it is asked for every node while a connection is drawn. */
export function whyNotConnect(outline: Outline, from: string, to: string): Refusal | null {
  const first = nodeAt(outline, from);
  const second = nodeAt(outline, to);
  if (from === to) return new Refusal("cycle", `"${first.id}" cannot wait for itself`);
  if (first.list.parent !== second.list.parent || first.list.key !== second.list.key)
    return new Refusal("not-siblings", `"${second.id}" and "${first.id}" are not in the same container`);
  if (second.dependsOn.includes(first.id))
    return new Refusal("refused", `"${second.id}" waits for "${first.id}" already`);
  const way = wayTo(outline, from, to);
  if (way !== null) return new Refusal("cycle", `they would wait for each other: ${[...way, way[0]].join(" -> ")}`);
  return null;
}

/** The ids from a node down what it waits for to another, or null. */
function wayTo(outline: Outline, start: string, goal: string): readonly string[] | null {
  const siblings = siblingsOf(outline, nodeAt(outline, start));
  const byId = new Map(siblings.map((node) => [node.id, node]));
  const isOrdered = isSequence(outline, nodeAt(outline, start).list);
  const open: (readonly string[])[] = [[nodeAt(outline, start).id]];
  const seen = new Set<string>();
  for (let way = open.shift(); way !== undefined; way = open.shift()) {
    const node = byId.get(way.at(-1) ?? "");
    if (node === undefined || seen.has(node.id)) continue;
    if (node.path === goal) return way;
    seen.add(node.id);
    const before = isOrdered ? siblings.find((each) => each.index === node.index - 1) : undefined;
    for (const id of [...node.dependsOn, ...(before === undefined ? [] : [before.id])]) open.push([...way, id]);
  }
  return null;
}
