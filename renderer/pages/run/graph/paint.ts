import type { NodePath } from "#core/model/id.ts";
import type { GraphNode } from "#core/view/graph.ts";
import type { Box, Layout, Point } from "#core/view/layout.ts";
import type { MachineLook } from "#core/view/machine.ts";
import type { Mark } from "#core/view/mark.ts";
import { CARD_WIDTH, FRAME_HEADER } from "#core/view/layout.ts";
import { touches } from "#core/view/spatial-grid.ts";
import type { Size, Viewport } from "#core/view/viewport.ts";
import { visibleArea } from "#core/view/viewport.ts";
import type { CanvasColours } from "./colours.ts";
import { paintMachine } from "./paint-machines.ts";

/** What is painted under the cards: grounds of frames and edges always; cards and names as well when seen from afar. */
export interface Scene {
  readonly layout: Layout;
  readonly nodes: ReadonlyMap<NodePath, GraphNode>;
  readonly viewport: Viewport;
  readonly size: Size;
  readonly pixelRatio: number;
  readonly isNear: boolean;
  readonly colours: CanvasColours;
  readonly selected: NodePath | null;
  markOf(path: NodePath): Mark;
  /** Of the machine that has the node or had it last; null when there is none. */
  machineOf(path: NodePath): MachineLook | null;
}

interface Placed {
  readonly path: NodePath;
  readonly box: Box;
}

const CORNER = 10;
const CARD_CORNER = 6;
/** Below this zoom corners and arrow heads are too small to be seen. */
const DETAIL_ZOOM = 0.12;
const TITLE_PX = 12;
/** A frame narrower than this on screen carries no name. */
const MIN_TITLE_WIDTH_PX = 70;
/** A frame's name fits its header, however far away. */
const MAX_TITLE_SIZE = 26;
/** A card narrower than this on screen carries no name. */
const MIN_NAME_WIDTH_PX = 44;
const NAME_PX = 10;

/** What has not been worked on stays in the background. */
const FAINT_MARKS: ReadonlySet<Mark> = new Set<Mark>(["blocked", "held", "skipped"]);

export function paintScene(context: CanvasRenderingContext2D, scene: Scene): void {
  const { viewport, size, pixelRatio } = scene;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  context.setTransform(
    viewport.zoom * pixelRatio,
    0,
    0,
    viewport.zoom * pixelRatio,
    viewport.x * pixelRatio,
    viewport.y * pixelRatio,
  );
  const area = visibleArea(viewport, size);
  paintFrames(context, scene, area);
  paintEdges(context, scene, area);
  if (!scene.isNear) paintCards(context, scene, area);
  paintSelection(context, scene);
}

function paintFrames(context: CanvasRenderingContext2D, scene: Scene, area: Box): void {
  context.lineWidth = 1 / scene.viewport.zoom;
  for (const node of scene.nodes.values()) {
    if (node.kind !== "frame") continue;
    const box = scene.layout.boxes.get(node.path);
    if (box === undefined || !touches(box, area)) continue;
    context.beginPath();
    roundBox(context, box, CORNER, scene.viewport.zoom);
    context.fillStyle = scene.colours.frame;
    context.fill();
    context.strokeStyle = scene.colours.lineStrong;
    context.stroke();
    if (!scene.isNear) paintTitle(context, scene, node, box);
  }
}

function paintTitle(context: CanvasRenderingContext2D, scene: Scene, node: GraphNode, box: Box): void {
  const { zoom } = scene.viewport;
  if (box.width * zoom < MIN_TITLE_WIDTH_PX) return;
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  context.fillStyle = scene.colours.text;
  context.font = `600 ${Math.min(TITLE_PX / zoom, MAX_TITLE_SIZE)}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.fillText(node.label, box.x + 16, box.y + FRAME_HEADER / 2);
  context.restore();
}

function paintEdges(context: CanvasRenderingContext2D, scene: Scene, area: Box): void {
  const { zoom } = scene.viewport;
  context.strokeStyle = scene.colours.edge;
  context.fillStyle = scene.colours.edge;
  context.lineWidth = Math.max(1.5, 1 / zoom);
  context.lineJoin = "round";
  context.beginPath();
  const heads: Point[] = [];
  for (const edge of scene.layout.edges) {
    if (!touches(boundsOf(edge.points), area)) continue;
    const head = traceEdge(context, edge.points, zoom);
    if (head !== null) heads.push(head);
  }
  context.stroke();
  if (zoom < DETAIL_ZOOM) return;
  context.beginPath();
  for (const head of heads) {
    context.moveTo(head.x, head.y);
    context.lineTo(head.x - 8, head.y - 4);
    context.lineTo(head.x - 8, head.y + 4);
  }
  context.fill();
}

/** Follows the bends with rounded corners; answers where the edge ends. */
function traceEdge(context: CanvasRenderingContext2D, points: readonly Point[], zoom: number): Point | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  context.moveTo(first.x, first.y);
  for (let index = 1; index < points.length - 1; index += 1) {
    const bend = points[index];
    const after = points[index + 1];
    if (bend === undefined || after === undefined) continue;
    if (zoom < DETAIL_ZOOM) context.lineTo(bend.x, bend.y);
    else context.arcTo(bend.x, bend.y, after.x, after.y, CARD_CORNER);
  }
  context.lineTo(last.x - 4, last.y);
  return last;
}

function paintCards(context: CanvasRenderingContext2D, scene: Scene, area: Box): void {
  const byMark = new Map<Mark, Placed[]>();
  for (const node of scene.nodes.values()) {
    if (node.kind === "frame") continue;
    const box = scene.layout.boxes.get(node.path);
    if (box === undefined || !touches(box, area)) continue;
    const mark = scene.markOf(node.path);
    const list = byMark.get(mark);
    const placed = { path: node.path, box };
    if (list === undefined) byMark.set(mark, [placed]);
    else list.push(placed);
  }
  for (const [mark, placed] of byMark) {
    context.beginPath();
    for (const { box } of placed) roundBox(context, box, CARD_CORNER, scene.viewport.zoom);
    context.fillStyle = scene.colours.marks[mark];
    context.globalAlpha = FAINT_MARKS.has(mark) ? 0.3 : 1;
    context.fill();
  }
  context.globalAlpha = 1;
  paintMachines(context, scene, byMark);
  if (CARD_WIDTH * scene.viewport.zoom >= MIN_NAME_WIDTH_PX) paintNames(context, scene, area);
}

function paintMachines(context: CanvasRenderingContext2D, scene: Scene, byMark: ReadonlyMap<Mark, Placed[]>): void {
  const { colours, viewport } = scene;
  for (const [mark, placed] of byMark) {
    if (FAINT_MARKS.has(mark)) continue;
    for (const { path, box } of placed) {
      const look = scene.machineOf(path);
      if (look !== null) paintMachine(context, box, look, { colours, zoom: viewport.zoom });
    }
  }
}

function paintNames(context: CanvasRenderingContext2D, scene: Scene, area: Box): void {
  context.font = `600 ${NAME_PX / scene.viewport.zoom}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  for (const node of scene.nodes.values()) {
    const box = scene.layout.boxes.get(node.path);
    if (node.kind === "frame" || box === undefined || !touches(box, area)) continue;
    const isFilled = !FAINT_MARKS.has(scene.markOf(node.path));
    context.fillStyle = isFilled ? scene.colours.markInk : scene.colours.text;
    context.save();
    context.beginPath();
    context.rect(box.x, box.y, box.width - 8, box.height);
    context.clip();
    context.fillText(node.label, box.x + 26, box.y + box.height / 2);
    context.restore();
  }
}

function paintSelection(context: CanvasRenderingContext2D, scene: Scene): void {
  const box = scene.selected === null ? undefined : scene.layout.boxes.get(scene.selected);
  const node = scene.selected === null ? undefined : scene.nodes.get(scene.selected);
  if (box === undefined || (scene.isNear && node?.kind !== "frame")) return;
  context.beginPath();
  roundBox(context, box, CORNER, scene.viewport.zoom);
  context.lineWidth = 2 / scene.viewport.zoom;
  context.strokeStyle = scene.colours.accent;
  context.stroke();
}

function roundBox(context: CanvasRenderingContext2D, box: Box, radius: number, zoom: number): void {
  if (zoom < DETAIL_ZOOM) context.rect(box.x, box.y, box.width, box.height);
  else context.roundRect(box.x, box.y, box.width, box.height, radius);
}

function boundsOf(points: readonly Point[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const point of points) {
    left = Math.min(left, point.x);
    right = Math.max(right, point.x);
    top = Math.min(top, point.y);
    bottom = Math.max(bottom, point.y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
