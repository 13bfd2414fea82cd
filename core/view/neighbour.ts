import type { NodePath } from "../model/id.ts";
import type { Box } from "./layout.ts";

export type Direction = "left" | "right" | "up" | "down";

/** How much a step aside counts against a step ahead. */
const ASIDE_WEIGHT = 2.5;

/** The box nearest to `from` in a direction, for arrow keys; null when there is none. `among` are the paths that can be chosen. */
export function neighbour(
  boxes: ReadonlyMap<NodePath, Box>,
  among: Iterable<NodePath>,
  from: NodePath,
  direction: Direction,
): NodePath | null {
  const start = boxes.get(from);
  if (start === undefined) return null;
  let best: NodePath | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const path of among) {
    const box = boxes.get(path);
    if (box === undefined || path === from) continue;
    const distance = distanceTo(start, box, direction);
    if (distance >= bestDistance) continue;
    best = path;
    bestDistance = distance;
  }
  return best;
}

function distanceTo(from: Box, to: Box, direction: Direction): number {
  const x = to.x + to.width / 2 - (from.x + from.width / 2);
  const y = to.y + to.height / 2 - (from.y + from.height / 2);
  const isSideways = direction === "left" || direction === "right";
  const sign = direction === "left" || direction === "up" ? -1 : 1;
  const ahead = (isSideways ? x : y) * sign;
  const aside = Math.abs(isSideways ? y : x);
  return ahead <= 1 ? Number.POSITIVE_INFINITY : ahead + aside * ASIDE_WEIGHT;
}
