import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodePath } from "#core/model/id.ts";
import { allContainers, initialCollapse, toggleCollapse } from "#core/view/collapse.ts";
import { toGraph } from "#core/view/graph.ts";
import { toRunTree } from "#core/view/run-tree.ts";
import { byPath, sampleNode, samplePicture } from "./sample-nodes.ts";

const NONE: ReadonlySet<NodePath> = new Set();
const kinds = (graph: ReturnType<typeof toGraph>): readonly string[] =>
  graph.nodes.map((node) => `${node.kind} ${node.path} ${node.label}`);
const edges = (graph: ReturnType<typeof toGraph>): readonly string[] =>
  graph.edges.map((edge) => `${edge.from} -> ${edge.to}`);

test("[WIN-5] an item of one task is that task's card under the item's name", () => {
  const graph = toGraph(toRunTree(samplePicture(2)), NONE);
  assert.deepEqual(kinds(graph), [
    "card plan plan",
    "frame tiles tiles",
    "card tiles[0]/draw tiles[0]",
    "card tiles[1]/draw tiles[1]",
    "card join join",
  ]);
  assert.deepEqual(edges(graph), ["plan -> tiles", "tiles -> join"]);
});

test("[WIN-5] a closed container is one card and keeps its edges", () => {
  const graph = toGraph(toRunTree(samplePicture(2)), new Set(["tiles" as NodePath]));
  assert.deepEqual(kinds(graph), ["card plan plan", "closed tiles tiles", "card join join"]);
  assert.deepEqual(edges(graph), ["plan -> tiles", "tiles -> join"]);
});

test("[WIN-5] the children of a pipeline and the iterations of a loop follow one another", () => {
  const nodes = byPath([
    sampleNode("line", [0], { type: "pipeline" }),
    sampleNode("line/one", [0, 0]),
    sampleNode("line/two", [0, 1]),
    sampleNode("poll", [1], { type: "loop" }),
    sampleNode("poll[1]", [1, 1], { type: "group" }),
    sampleNode("poll[1]/check", [1, 1, 0]),
    sampleNode("poll[2]", [1, 2], { type: "group" }),
    sampleNode("poll[2]/check", [1, 2, 0]),
  ]);
  const graph = toGraph(toRunTree(nodes), NONE);
  assert.deepEqual(edges(graph), ["line/one -> line/two", "poll[1]/check -> poll[2]/check"]);
});

test("[WIN-5] an item of one container is that container's frame under the item's name", () => {
  const nodes = byPath([
    sampleNode("each", [0], { type: "parallel" }),
    sampleNode("each[0]", [0, 0], { type: "group" }),
    sampleNode("each[0]/line", [0, 0, 0], { type: "pipeline" }),
    sampleNode("each[0]/line/a", [0, 0, 0, 0]),
    sampleNode("each[0]/line/b", [0, 0, 0, 1]),
  ]);
  const graph = toGraph(toRunTree(nodes), NONE);
  assert.deepEqual(kinds(graph), [
    "frame each each",
    "frame each[0]/line each[0]",
    "card each[0]/line/a a",
    "card each[0]/line/b b",
  ]);
  const closed = toGraph(toRunTree(nodes), new Set(["each[0]" as NodePath]));
  assert.deepEqual(kinds(closed), ["frame each each", "closed each[0]/line each[0]"]);
});

test("[WIN-6] a change of state leaves the structure's key as it is, a new node does not", () => {
  const before = toGraph(toRunTree(samplePicture(2)), NONE);
  const running = new Map(samplePicture(2));
  running.set("plan" as NodePath, sampleNode("plan", [0], { state: "running", phase: null }));
  assert.equal(toGraph(toRunTree(running), NONE).key, before.key);
  assert.notEqual(toGraph(toRunTree(samplePicture(3)), NONE).key, before.key);
});

test("[WIN-5] a small run opens whole, a large one closes from the first level that goes beyond the limit", () => {
  assert.deepEqual([...initialCollapse(toRunTree(samplePicture(24)))], []);
  assert.deepEqual([...initialCollapse(toRunTree(samplePicture(24)), 20)], ["tiles"]);
  const items = [...initialCollapse(toRunTree(samplePicture(24)), 30)];
  assert.equal(items.length, 24);
  assert.equal(items[0], "tiles[0]");
});

test("[WIN-5] closing and opening a container are each other's undo", () => {
  const closed = toggleCollapse(NONE, "tiles" as NodePath);
  assert.deepEqual([...closed], ["tiles"]);
  assert.deepEqual([...toggleCollapse(closed, "tiles" as NodePath)], []);
  assert.deepEqual([...allContainers(toRunTree(samplePicture(1)))].sort(), ["tiles", "tiles[0]"]);
});

test("[WIN-5] siblings stand in the order of their numbers, not of their names", () => {
  const tree = toRunTree(samplePicture(12));
  assert.deepEqual(tree.children.get("tiles" as NodePath)?.slice(9), ["tiles[9]", "tiles[10]", "tiles[11]"]);
});
