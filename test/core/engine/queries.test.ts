import assert from "node:assert/strict";
import { test } from "node:test";
import { previewRun } from "#core/engine/preview.ts";
import { changedPaths, documentOrder, toRunLine } from "#core/engine/queries.ts";
import type { NodeDefinition } from "#core/model/workflow.ts";
import {
  conditional,
  Driver,
  expression,
  loop,
  parallel,
  path,
  pipeline,
  subworkflow,
  task,
  workflow,
} from "./support.ts";

const NODES: readonly NodeDefinition[] = [
  task("list"),
  parallel("each", [task("one"), task("two", { dependsOn: ["one"] })], { forEach: "[1, 2]", dependsOn: ["list"] }),
  conditional("choose", "false", [task("yes")], [pipeline("no", [task("n")])], { dependsOn: ["each"] }),
  loop("poll", { kind: "times", times: 2 }, [task("check")], { dependsOn: ["choose"] }),
  subworkflow("sub", workflow([task("inner")]), { dependsOn: ["poll"] }),
];

test("[SNAP-4] a run shows what its composites will have before they start, in document order", () => {
  const run = new Driver(workflow(NODES)).start();
  const lines = toRunLine(run.state).nodes.map((line) => `${line.path} ${line.state} ${line.level}`);
  assert.deepEqual(lines, [
    "list idle 1",
    "each idle 1",
    "choose idle 1",
    "choose/yes idle 2",
    "choose/no idle 2",
    "choose/no/n idle 3",
    "poll idle 1",
    "sub idle 1",
    "sub/inner idle 2",
  ]);
});

test("[FILE-2] items count from 0 and iterations from 1, and lines come in document order", () => {
  const run = new Driver(workflow(NODES)).start().runAll();
  const { nodes } = toRunLine(run.state);
  assert.deepEqual(
    nodes.map((line) => line.path),
    [
      "list",
      "each",
      "each[0]",
      "each[0]/one",
      "each[0]/two",
      "each[1]",
      "each[1]/one",
      "each[1]/two",
      "choose",
      "choose/yes",
      "choose/no",
      "choose/no/n",
      "poll",
      "poll[1]",
      "poll[1]/check",
      "poll[2]",
      "poll[2]/check",
      "sub",
      "sub/inner",
    ],
  );
  const orders = nodes.map((line) => documentOrder(run.state, line.path));
  assert.deepEqual(orders.toSorted(compareOrders), orders);
  assert.deepEqual(documentOrder(run.state, path("choose/no/n")), [2, 1, 0]);
});

function compareOrders(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((part, at) => part !== b[at]);
  return index < 0 ? a.length - b.length : (a[index] ?? -1) - (b[index] ?? -1);
}

test("[FILE-2] a preview shows once what a forEach or a loop will repeat", () => {
  const preview = previewRun(workflow(NODES, { inputs: { n: { type: "integer", description: "", default: 3 } } }));
  assert.deepEqual([preview.state, preview.inputs], ["idle", { n: 3 }]);
  assert.deepEqual(
    preview.nodes.filter((line) => line.path.startsWith("each")).map((line) => [line.path, line.level, line.phase]),
    [
      ["each", 1, "blocked"],
      ["each/one", 3, "blocked"],
      ["each/two", 3, "blocked"],
    ],
  );
});

test("[NODE-4] in a pipeline each node is shown to wait for the one before", () => {
  const run = new Driver(
    workflow([pipeline("p", [task("a"), task("b")]), pipeline("q", [task("c"), task("d")], { dependsOn: ["p"] })]),
  ).start();
  assert.deepEqual(run.line("p/b").dependsOn, ["p/a"]);
  assert.deepEqual(run.line("q/d").dependsOn, ["q/c"]);
});

test("[NODE-2] ending one child of a wide parallel changes its line, its parent's, and that of who waited for it alone", () => {
  const children = Array.from({ length: 50 }, (_, index) => task(`t${index}`));
  const run = new Driver(workflow([parallel("p", children), task("after", { dependsOn: ["p"] })])).start();
  run.assign("p/t7");
  const before = run.state;
  run.end("p/t7");
  assert.deepEqual(
    [...changedPaths(before, run.last)].toSorted((a, b) => (a < b ? -1 : 1)),
    ["p", "p/t7"],
  );
});

test("[FAULT-3] expressions see an alternative's result as that of the node it stands for", () => {
  const nodes = [task("a", { fault: { then: { kind: "runAlternative", id: "b" } } }), task("b")];
  const run = new Driver(
    workflow(nodes, { outputs: { a: expression("nodes.a.result"), s: expression("nodes.a.state") } }),
  ).start();
  run.run("a", { kind: "failure", failure: { code: "exit", message: "no" }, executionMs: 1 as never }).runAll();
  assert.deepEqual(run.head().outputs, { a: "done", s: "failed" });
});
