import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodePath } from "#core/model/id.ts";
import { toGraph } from "#core/view/graph.ts";
import { toLayout, toLayoutGraph } from "#core/view/layout.ts";
import type { Box } from "#core/view/layout.ts";
import { neighbour } from "#core/view/neighbour.ts";
import { toRunTree } from "#core/view/run-tree.ts";
import { createSpatialGrid } from "#core/view/spatial-grid.ts";
import { MAX_NEAR_CARDS, fitViewport, gridOf, nearKeys, reveal, zoomBy } from "#core/view/viewport.ts";
import { samplePicture } from "./sample-nodes.ts";

const box = (x: number, y: number, width = 200, height = 56): Box => ({ x, y, width, height });
const SCREEN = { width: 1_000, height: 600 };

test("[WIN-6] frames hold what lies in them, and positions become absolute", () => {
  const graph = toLayoutGraph(toGraph(toRunTree(samplePicture(2)), new Set()));
  assert.deepEqual(
    graph.children?.map((child) => [child.id, child.children?.map((inner) => inner.id)]),
    [
      ["plan", undefined],
      ["tiles", ["tiles[0]/draw", "tiles[1]/draw"]],
      ["join", undefined],
    ],
  );
  const layout = toLayout("k", {
    id: "run:",
    width: 900,
    height: 300,
    children: [
      {
        id: "tiles",
        x: 100,
        y: 20,
        width: 400,
        height: 200,
        children: [{ id: "tiles[0]/draw", x: 16, y: 40, width: 200, height: 56 }],
      },
    ],
    edges: [
      {
        id: "edge:0",
        sources: ["a"],
        targets: ["b"],
        sections: [{ id: "s", startPoint: { x: 1, y: 2 }, endPoint: { x: 9, y: 2 }, bendPoints: [{ x: 5, y: 2 }] }],
      },
    ],
  });
  assert.deepEqual(layout.boxes.get("tiles[0]/draw" as NodePath), box(116, 60));
  assert.deepEqual(layout.edges, [
    {
      from: "a",
      to: "b",
      points: [
        { x: 1, y: 2 },
        { x: 5, y: 2 },
        { x: 9, y: 2 },
      ],
    },
  ]);
  assert.deepEqual(layout.bounds, box(0, 0, 900, 300));
});

test("[WIN-6] the grid finds exactly what touches an area, large boxes too", () => {
  const boxes = Array.from({ length: 400 }, (_, index): [number, Box] => [
    index,
    box((index % 20) * 240, Math.floor(index / 20) * 80),
  ]);
  boxes.push([400, box(-10_000, -10_000, 40_000, 40_000)]);
  const area = box(500, 200, 700, 300);
  const expected = boxes
    .filter(([, one]) => one.x <= 1_200 && one.x + one.width >= 500 && one.y <= 500 && one.y + one.height >= 200)
    .map(([key]) => key);
  assert.deepEqual(createSpatialGrid(boxes).query(area), expected);
});

test("[WIN-6] too many cards, or too small ones, are left to the canvas", () => {
  const boxes = new Map(
    Array.from({ length: 1_000 }, (_, index): [number, Box] => [
      index,
      box((index % 25) * 220, Math.floor(index / 25) * 70),
    ]),
  );
  const grid = gridOf(boxes);
  const near = nearKeys(grid, { x: 0, y: 0, zoom: 1 }, SCREEN);
  assert.ok(near.length > 0 && near.length <= MAX_NEAR_CARDS);
  assert.deepEqual(nearKeys(grid, { x: 0, y: 0, zoom: 0.4 }, SCREEN), []);
  assert.deepEqual(nearKeys(grid, { x: 0, y: 0, zoom: 0.1 }, SCREEN), []);
});

test("[WIN-6] fitting shows all in the middle and never enlarges", () => {
  assert.deepEqual(fitViewport(box(0, 0, 200, 100), SCREEN, 20), { zoom: 1, x: 400, y: 250 });
  const wide = fitViewport(box(0, 0, 1_920, 100), SCREEN, 20);
  assert.equal(wide.zoom, 0.5);
  assert.equal(wide.x, 20);
});

test("[WIN-6] zooming keeps the middle of the screen where it is", () => {
  const before = { x: 30, y: -40, zoom: 0.5 };
  const after = zoomBy(before, SCREEN, 2);
  assert.equal((500 - after.x) / after.zoom, (500 - before.x) / before.zoom);
  assert.equal((300 - after.y) / after.zoom, (300 - before.y) / before.zoom);
});

test("[WIN-7] showing a node moves no further than it must", () => {
  const viewport = { x: 0, y: 0, zoom: 1 };
  assert.equal(reveal(viewport, SCREEN, box(300, 300), 20), viewport);
  assert.deepEqual(reveal(viewport, SCREEN, box(1_200, 300), 20), { x: -420, y: 0, zoom: 1 });
});

test("[WIN-7] an arrow key goes to the nearest card that way", () => {
  const boxes = new Map([
    ["a" as NodePath, box(0, 0)],
    ["b" as NodePath, box(260, 10)],
    ["c" as NodePath, box(260, 200)],
    ["d" as NodePath, box(0, 100)],
  ]);
  const from = (path: string, direction: "left" | "right" | "up" | "down"): NodePath | null =>
    neighbour(boxes, boxes.keys(), path as NodePath, direction);
  assert.deepEqual([from("a", "right"), from("a", "down"), from("b", "left"), from("a", "up")], ["b", "d", "a", null]);
});
