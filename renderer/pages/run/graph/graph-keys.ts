import type { NodePath } from "#core/model/id.ts";
import { neighbour } from "#core/view/neighbour.ts";
import type { Direction } from "#core/view/neighbour.ts";
import type { GraphState } from "./graph-state.svelte.ts";

const ZOOM_STEP = 1.25;
const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** What a key does on the graph: the path selected after it, or undefined when the key is not the graph's. */
export function answerKey(
  event: KeyboardEvent,
  state: GraphState,
  selected: NodePath | null,
): NodePath | null | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || state.layout === null) return undefined;
  const direction = ARROWS[event.key];
  if (direction !== undefined) {
    const first = state.nodes.keys().next().value ?? null;
    if (selected === null || !state.nodes.has(selected)) return first;
    return neighbour(state.layout.boxes, state.nodes.keys(), selected, direction) ?? selected;
  }
  switch (event.key) {
    case "+":
    case "=":
      state.zoom(ZOOM_STEP);
      return selected;
    case "-":
      state.zoom(1 / ZOOM_STEP);
      return selected;
    case "0":
      state.fit();
      return selected;
    case "Escape":
      return null;
    default:
      return undefined;
  }
}

/** The innermost thing under the pointer when no element is: a card drawn on the canvas, or a frame. */
export function pathAt(event: MouseEvent, state: GraphState): NodePath | null {
  if (state.layout === null || !(event.currentTarget instanceof Element || event.target instanceof Element))
    return null;
  const element = event.target instanceof Element ? event.target.closest(".graph") : null;
  const frame = element?.getBoundingClientRect();
  if (frame === undefined) return null;
  const { x, y, zoom } = state.viewport;
  const point = { x: (event.clientX - frame.left - x) / zoom, y: (event.clientY - frame.top - y) / zoom };
  let found: { readonly path: NodePath; readonly depth: number } | null = null;
  for (const node of state.nodes.values()) {
    if (state.isNear && node.kind !== "frame") continue;
    const box = state.layout.boxes.get(node.path);
    if (box === undefined || (found !== null && node.depth < found.depth)) continue;
    const isInside =
      point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y && point.y <= box.y + box.height;
    if (isInside && !(state.isNear && node.kind === "frame")) found = node;
  }
  return found?.path ?? null;
}
