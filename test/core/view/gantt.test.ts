import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId, EpochMs, Millis, NodePath } from "#core/model/id.ts";
import { collapseBelow, levelCount } from "#core/view/collapse.ts";
import { criticalPath } from "#core/view/critical-path.ts";
import { toGantt } from "#core/view/gantt.ts";
import { toGraph } from "#core/view/graph.ts";
import { toRunTree } from "#core/view/run-tree.ts";
import type { ViewNode } from "#core/view/view-node.ts";
import { byPath, sampleNode } from "./sample-nodes.ts";

const A = "aa" as AgentId;
const B = "bb" as AgentId;

function task(path: string, agent: AgentId | null, start: number | null, end: number | null, wait = 0): ViewNode {
  const time = { wait: wait as Millis, execution: 0 as Millis, total: 0 as Millis };
  return sampleNode(path, [path.charCodeAt(0)], {
    agent,
    startedAt: start as EpochMs | null,
    endedAt: end as EpochMs | null,
    timing: time,
  });
}

test("[WIN-34] tasks stand on their machine, in as many rows as ran at once, and nothing overlaps", () => {
  const nodes = [
    task("a", A, 100, 200, 50),
    task("b", A, 150, 300),
    task("c", A, 210, 250),
    task("d", B, 120, null),
    task("e", null, null, null),
  ];
  const { lanes, start, end } = toGantt(nodes, 400);
  assert.deepEqual([start, end], [50, 400]);
  assert.deepEqual(
    lanes.map((lane) => [lane.agent, lane.rows.map((row) => row.map((bar) => bar.path))]),
    [
      [A, [["a", "c"], ["b"]]],
      [B, [["d"]]],
    ],
  );
  assert.deepEqual(lanes[1]?.rows[0]?.[0]?.end, 400);
});

test("[WIN-34] the critical path is the chain that decided the end", () => {
  const nodes = [
    task("a", A, 0, 100),
    task("b", B, 0, 40),
    task("c", A, 100, 160),
    task("d", B, 40, 50),
    task("e", B, 165, 200),
  ];
  const tree = toRunTree(byPath(nodes));
  const { paths, lengthMs } = criticalPath(tree, 500);
  assert.deepEqual([...paths], ["e", "c", "a"]);
  assert.equal(lengthMs, 200);
  assert.equal(criticalPath(toRunTree(new Map()), 0).paths.size, 0);
});

test("[WIN-33] levels are shown from the outside in, and a container can be looked at alone", () => {
  const nodes = [
    sampleNode("p", [0], { type: "pipeline" }),
    sampleNode("p/q", [0, 0], { type: "parallel" }),
    sampleNode("p/q/t", [0, 0, 0]),
    sampleNode("r", [1]),
  ];
  const tree = toRunTree(byPath(nodes));
  assert.equal(levelCount(tree), 3);
  assert.deepEqual([...collapseBelow(tree, 1)], ["p"]);
  assert.deepEqual([...collapseBelow(tree, 2)], ["p/q"]);
  const alone = toGraph(tree, new Set(), "p/q" as NodePath);
  assert.deepEqual(
    alone.nodes.map(({ path, depth, parent }) => [path, depth, parent]),
    [["p/q/t", 0, ""]],
  );
});
