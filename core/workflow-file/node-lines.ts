import { LineCounter, isMap, isPair, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { NodePath } from "../model/id.ts";

/** Texts above this are not looked through at every key press. In UTF-16 units. */
const MAX_LENGTH = 300_000;

interface PlacedNode {
  readonly path: string;
  readonly line: number;
  readonly lastLine: number;
}

/** The line a node is written at, from 1; null when it cannot be told. Of an item or iteration, that of the node as written. */
export function lineOfNode(text: string, path: NodePath): number | null {
  const wanted = path.replace(/\[\d+\]/g, "");
  return placedNodes(text).find((node) => node.path === wanted)?.line ?? null;
}

/** The innermost node that a line belongs to, or null. */
export function nodeAtLine(text: string, line: number): NodePath | null {
  const around = placedNodes(text).filter((node) => node.line <= line && line <= node.lastLine);
  const inner = around.reduce<PlacedNode | null>(
    (best, node) => (best === null || node.path.length > best.path.length ? node : best),
    null,
  );
  return inner === null ? null : (inner.path as NodePath);
}

function placedNodes(text: string): readonly PlacedNode[] {
  if (text.length > MAX_LENGTH) return [];
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, keepSourceTokens: false, uniqueKeys: false });
  const found: PlacedNode[] = [];
  visit(document, {
    Map(_, map, ancestors) {
      const id = map.get("id");
      if (typeof id !== "string" || !isSeq(ancestors.at(-1)) || !map.range) return;
      const outer = ancestors.flatMap((one) =>
        isMap(one) && typeof one.get("id") === "string" ? [one.get("id")] : [],
      );
      const list = ancestors.at(-2);
      const isNodes = isPair(list) && isScalar(list.key) && ["nodes", "then", "else"].includes(String(list.key.value));
      if (!isNodes) return;
      const [start, end] = map.range;
      const written = text.slice(start, end).trimEnd().length;
      found.push({
        path: [...outer, id].join("/"),
        line: lines.linePos(start).line,
        lastLine: lines.linePos(start + written).line,
      });
    },
  });
  return found;
}
