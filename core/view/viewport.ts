import type { Box } from "./layout.ts";
import { createSpatialGrid } from "./spatial-grid.ts";
import type { SpatialGrid } from "./spatial-grid.ts";

/** How the canvas lies under the screen: a canvas point p is drawn at p × zoom + (x, y). */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const MIN_ZOOM = 0.01;
export const MAX_ZOOM = 2;
/** Below this zoom cards are drawn on the far canvas. */
export const NEAR_ZOOM = 0.34;
/** Below this zoom a card shows its mark and name only. */
export const FULL_ZOOM = 0.66;
/** With more cards on screen than this the far canvas draws them, whatever the zoom. */
export const MAX_NEAR_CARDS = 250;
/** Cards within this many screen pixels outside are kept ready, so that none pops in while panning. */
const MARGIN_PX = 120;

/** The part of the canvas that is on screen, a little enlarged. */
export function visibleArea(viewport: Viewport, size: Size): Box {
  return {
    x: (-viewport.x - MARGIN_PX) / viewport.zoom,
    y: (-viewport.y - MARGIN_PX) / viewport.zoom,
    width: (size.width + 2 * MARGIN_PX) / viewport.zoom,
    height: (size.height + 2 * MARGIN_PX) / viewport.zoom,
  };
}

/** The viewport that shows all of `bounds` in the middle with `paddingPx` around, never enlarged beyond 1. */
export function fitViewport(bounds: Box, size: Size, paddingPx: number): Viewport {
  const width = Math.max(size.width - 2 * paddingPx, 1);
  const height = Math.max(size.height - 2 * paddingPx, 1);
  const zoom = clampZoom(Math.min(width / Math.max(bounds.width, 1), height / Math.max(bounds.height, 1), 1));
  return {
    zoom,
    x: (size.width - bounds.width * zoom) / 2 - bounds.x * zoom,
    y: (size.height - bounds.height * zoom) / 2 - bounds.y * zoom,
  };
}

/** The viewport enlarged by `factor` around the middle of the screen. */
export function zoomBy(viewport: Viewport, size: Size, factor: number): Viewport {
  const zoom = clampZoom(viewport.zoom * factor);
  const scale = zoom / viewport.zoom;
  const middle = { x: size.width / 2, y: size.height / 2 };
  return { zoom, x: middle.x - (middle.x - viewport.x) * scale, y: middle.y - (middle.y - viewport.y) * scale };
}

/** The viewport moved just so far that `box` is wholly on screen; the same viewport when it already is. */
export function reveal(viewport: Viewport, size: Size, box: Box, paddingPx: number): Viewport {
  const left = box.x * viewport.zoom + viewport.x;
  const top = box.y * viewport.zoom + viewport.y;
  const x = viewport.x + shift(left, left + box.width * viewport.zoom, size.width, paddingPx);
  const y = viewport.y + shift(top, top + box.height * viewport.zoom, size.height, paddingPx);
  return x === viewport.x && y === viewport.y ? viewport : { x, y, zoom: viewport.zoom };
}

function shift(start: number, end: number, length: number, padding: number): number {
  if (start < padding) return padding - start;
  return end > length - padding ? Math.max(length - padding - end, padding - start) : 0;
}

function clampZoom(zoom: number): number {
  return Math.min(Math.max(zoom, MIN_ZOOM), MAX_ZOOM);
}

/** Which keys are drawn near (as elements): those on screen, or none when too many or too small. */
export function nearKeys<Key>(grid: SpatialGrid<Key>, viewport: Viewport, size: Size): readonly Key[] {
  if (viewport.zoom < NEAR_ZOOM) return [];
  const keys = grid.query(visibleArea(viewport, size));
  return keys.length > MAX_NEAR_CARDS ? [] : keys;
}

/** A grid over the boxes of a layout. */
export function gridOf<Key>(boxes: ReadonlyMap<Key, Box>): SpatialGrid<Key> {
  return createSpatialGrid(boxes);
}
