import type { Box } from "./layout.ts";

/** Side of a cell, in canvas units: a few cards. */
const CELL = 512;
/** A box over more cells than this is kept apart and always tested: the frame around a large run covers thousands. */
const MAX_CELLS = 64;

/** Finds what lies in a part of the canvas without looking at everything. */
export interface SpatialGrid<Key> {
  /** Keys of boxes that touch `area`, each once, in the order given. */
  query(area: Box): readonly Key[];
}

/** Builds the grid once for a layout. */
export function createSpatialGrid<Key>(boxes: Iterable<readonly [Key, Box]>): SpatialGrid<Key> {
  const entries = [...boxes];
  const cells = new Map<string, number[]>();
  const large: number[] = [];
  for (const [index, [, box]] of entries.entries()) {
    const range = cellRange(box);
    if (range.count > MAX_CELLS) {
      large.push(index);
      continue;
    }
    forEachCell(range, (cell) => {
      const list = cells.get(cell);
      if (list === undefined) cells.set(cell, [index]);
      else list.push(index);
    });
  }
  return { query: (area) => findTouching(entries, cells, large, area) };
}

function findTouching<Key>(
  entries: readonly (readonly [Key, Box])[],
  cells: ReadonlyMap<string, readonly number[]>,
  large: readonly number[],
  area: Box,
): readonly Key[] {
  const found = new Set<number>(large);
  const range = cellRange(area);
  if (range.count > cells.size) for (const list of cells.values()) for (const index of list) found.add(index);
  else forEachCell(range, (cell) => cells.get(cell)?.forEach((index) => found.add(index)));
  return [...found]
    .sort((left, right) => left - right)
    .flatMap((index) => {
      const entry = entries[index];
      return entry !== undefined && touches(entry[1], area) ? [entry[0]] : [];
    });
}

interface CellRange {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly count: number;
}

function cellRange(box: Box): CellRange {
  const left = Math.floor(box.x / CELL);
  const right = Math.floor((box.x + box.width) / CELL);
  const top = Math.floor(box.y / CELL);
  const bottom = Math.floor((box.y + box.height) / CELL);
  return { left, right, top, bottom, count: (right - left + 1) * (bottom - top + 1) };
}

function forEachCell(range: CellRange, visit: (cell: string) => void): void {
  for (let x = range.left; x <= range.right; x += 1) {
    for (let y = range.top; y <= range.bottom; y += 1) visit(`${x},${y}`);
  }
}

/** Whether two rectangles share a point. */
export function touches(one: Box, other: Box): boolean {
  return (
    one.x <= other.x + other.width &&
    other.x <= one.x + one.width &&
    one.y <= other.y + other.height &&
    other.y <= one.y + one.height
  );
}
