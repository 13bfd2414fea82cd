import type { NodePath } from "../model/id.ts";
import { RUN_PATH } from "../model/id.ts";
import type { GraphNode, GraphStructure } from "./graph.ts";

/** Sizes on the canvas, in its own units (CSS pixels at zoom 1). */
export const CARD_WIDTH = 200;
export const CARD_HEIGHT = 56;
/** Room above a frame's children for its name, progress and counts. */
export const FRAME_HEADER = 40;
const FRAME_PADDING = 16;

/** A rectangle on the canvas, from the top left. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where everything is: boxes by path, edges as bent lines, and the whole. */
export interface Layout {
  readonly key: string;
  readonly boxes: ReadonlyMap<NodePath, Box>;
  readonly edges: readonly { readonly from: NodePath; readonly to: NodePath; readonly points: readonly Point[] }[];
  readonly bounds: Box;
}

/** What the layout engine (ELK) is given and gives back, as far as it is used. Positions are relative to the parent. */
export interface LayoutGraph {
  id: string;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  layoutOptions?: Record<string, string>;
  children?: LayoutGraph[];
  edges?: LayoutGraphEdge[];
}

export interface LayoutGraphEdge {
  id: string;
  sources: string[];
  targets: string[];
  sections?: { id: string; startPoint: Point; endPoint: Point; bendPoints?: Point[] }[];
}

const ROOT_ID = "run:";

/** From left to right in layers; what has no edges among its siblings is packed into rows instead. */
export function toLayoutGraph(structure: GraphStructure): LayoutGraph {
  const byParent = new Map<NodePath, GraphNode[]>();
  for (const node of structure.nodes) byParent.set(node.parent, [...(byParent.get(node.parent) ?? []), node]);
  const edges = new Map<NodePath, LayoutGraphEdge[]>();
  for (const [index, edge] of structure.edges.entries()) {
    const list = edges.get(edge.parent) ?? [];
    list.push({ id: `edge:${index}`, sources: [edge.from], targets: [edge.to] });
    edges.set(edge.parent, list);
  }
  const build = (path: NodePath): LayoutGraph => ({
    id: path === RUN_PATH ? ROOT_ID : path,
    layoutOptions: containerOptions(path, byParent.get(path)?.length ?? 0, edges.get(path)?.length ?? 0),
    edges: edges.get(path) ?? [],
    children: (byParent.get(path) ?? []).map((node) =>
      node.kind === "frame" ? build(node.path) : { id: node.path, width: CARD_WIDTH, height: CARD_HEIGHT },
    ),
  });
  return build(RUN_PATH);
}

function containerOptions(path: NodePath, nodeCount: number, edgeCount: number): Record<string, string> {
  const top = path === RUN_PATH ? 0 : FRAME_HEADER;
  const side = path === RUN_PATH ? 0 : FRAME_PADDING;
  const padding = `[top=${top},left=${side},bottom=${side},right=${side}]`;
  if (edgeCount === 0) {
    return {
      "elk.algorithm": "rectpacking",
      "elk.aspectRatio": "1.8",
      "elk.spacing.nodeNode": "16",
      "elk.padding": padding,
    };
  }
  return {
    "elk.algorithm": "layered",
    "elk.direction": "RIGHT",
    "elk.padding": padding,
    "elk.spacing.nodeNode": "20",
    "elk.layered.spacing.nodeNodeBetweenLayers": "56",
    "elk.layered.spacing.edgeNodeBetweenLayers": "20",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    ...(isLongChain(nodeCount, edgeCount) ? WRAPPED : {}),
  };
}

/** A chain longer than this is broken into rows. */
const MAX_CHAIN = 12;
const WRAPPED = {
  "elk.layered.wrapping.strategy": "SINGLE_EDGE",
  "elk.layered.wrapping.additionalEdgeSpacing": "20",
  "elk.aspectRatio": "1.8",
};

function isLongChain(nodeCount: number, edgeCount: number): boolean {
  return nodeCount > MAX_CHAIN && edgeCount < nodeCount;
}

/** Reads what the engine gave back; positions become absolute. */
export function toLayout(key: string, graph: LayoutGraph): Layout {
  const boxes = new Map<NodePath, Box>();
  const edges: { from: NodePath; to: NodePath; points: readonly Point[] }[] = [];
  const visit = (at: LayoutGraph, left: number, top: number): void => {
    for (const edge of at.edges ?? []) {
      const section = edge.sections?.[0];
      if (section === undefined) continue;
      const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
      edges.push({
        from: (edge.sources[0] ?? "") as NodePath,
        to: (edge.targets[0] ?? "") as NodePath,
        points: points.map((point) => ({ x: point.x + left, y: point.y + top })),
      });
    }
    for (const child of at.children ?? []) {
      const x = left + (child.x ?? 0);
      const y = top + (child.y ?? 0);
      boxes.set(child.id as NodePath, { x, y, width: child.width ?? CARD_WIDTH, height: child.height ?? CARD_HEIGHT });
      visit(child, x, y);
    }
  };
  visit(graph, 0, 0);
  return { key, boxes, edges, bounds: { x: 0, y: 0, width: graph.width ?? 0, height: graph.height ?? 0 } };
}
