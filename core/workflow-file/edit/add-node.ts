import type { JsonObject } from "../../base/json.ts";
import type { NodeType } from "../../model/workflow.ts";
import { edit } from "./edit.ts";
import { insertChunk, type Chunk } from "./lists.ts";
import { freshId, listAt, pathIn, readOutline, type ListPlace, type Outline } from "./outline.ts";
import { writePair } from "./pairs.ts";
import type { EditResult } from "./problem.ts";
import { renderValue } from "./render.ts";

export interface NewNode {
  readonly type: NodeType;
  readonly place: ListPlace;
  /** Where among its siblings; at the end when there is none. */
  readonly index?: number;
  /** Its id; without it one is made of the type. */
  readonly id?: string;
  /** Of a subworkflow: its file or name. */
  readonly workflow?: string;
}

/** Adds a node that can run as it is: a task says hello, a container holds such a task. */
export function addNode(text: string, { type, place, index, id, workflow }: NewNode): EditResult {
  return edit(text, () => {
    const whole = withList(text, place);
    const outline = readOutline(whole);
    const list = listAt(outline, place);
    const name = freshId(
      list.nodes.map((node) => node.id),
      id ?? type,
    );
    const chunk = renderNode(toTemplate(type, name, workflow ?? "part.yaml"), outline);
    return { text: insertChunk(outline, list, index ?? list.seq.items.length, chunk), selected: pathIn(place, name) };
  });
}

/** A workflow may have no list yet, and a conditional no `else`. */
function withList(text: string, place: ListPlace): string {
  const outline = readOutline(text);
  const map = place.parent === null ? outline.root : outline.byPath.get(place.parent)?.map;
  const has = place.parent === null ? outline.list !== null : hasList(outline, place);
  return map === undefined || has ? text : writePair(text, map, place.key, [], outline.isJson);
}

function hasList(outline: Outline, { parent, key }: ListPlace): boolean {
  const node = parent === null ? undefined : outline.byPath.get(parent);
  const isHolder = key === "nodes" ? node?.type !== "conditional" : node?.type === "conditional";
  return !isHolder || node === undefined || node.children.some(({ place }) => place.key === key);
}

function toTemplate(type: NodeType, id: string, workflow: string): JsonObject {
  const inside = { id: "task", type: "task", run: "echo hello" };
  switch (type) {
    case "task":
      return { id, type, run: "echo hello" };
    case "pipeline":
    case "parallel":
      return { id, type, nodes: [inside] };
    case "conditional":
      return { id, type, if: true, then: [inside] };
    case "loop":
      return { id, type, times: 3, nodes: [inside] };
    case "subworkflow":
      return { id, type, workflow };
  }
}

/** A node in lines of its own, with its children in lines too; in brackets where the file is JSON. */
function renderNode(node: JsonObject, { isJson }: Outline): Chunk {
  if (isJson) return { kind: "inline", text: JSON.stringify(node) };
  return { kind: "lines", text: toItem(node, 0) };
}

function toItem(node: JsonObject, column: number): string {
  const style = { isJson: false, isFlow: false, column: column + 2 };
  const lines = Object.entries(node).map(([key, value]) => {
    if (Array.isArray(value))
      return `${key}:\n${value.map((child: JsonObject) => toItem(child, column + 4)).join("")}`.trimEnd();
    return `${key}: ${renderValue(value, style)}`;
  });
  return `${" ".repeat(column)}- ${lines.join(`\n${" ".repeat(column + 2)}`)}\n`;
}
