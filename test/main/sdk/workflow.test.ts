import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import {
  FunctionTaskError,
  JoinPolicy,
  loadWorkflow,
  loop,
  parallel,
  pipeline,
  subworkflow,
  task,
  workflow,
  WorkflowError,
  type BuiltNode,
} from "#main/sdk/index.ts";

const resize = workflow({
  name: "thumbnails",
  inputs: { width: { type: "integer", default: 320, minimum: 16 } },
  variables: { done: 0 },
  defaults: { fault: { retry: 2 } },
  nodes: [
    task("list", { run: "ls photos/*.jpg", result: "lines", files: { in: ["photos/*.jpg"] } }),
    parallel(
      "resize",
      [
        task("one", {
          argv: ["convert", "{{ item }}", "-resize", "{{ inputs.width }}", "out/{{ index }}.png"],
          files: { in: ["{{ item }}"], out: ["out/*.png"] },
          needs: { labels: ["imagemagick"], cpus: 1, memory: "512MiB" },
          compensate: { run: "rm -f out/*.png" },
        }),
      ],
      { dependsOn: ["list"], forEach: "nodes.list.result", join: { percent: 90, rest: "cancel" }, maxConcurrency: 8 },
    ),
    loop("poll", [task("check", { http: { url: "http://localhost/{{ iteration }}" } })], {
      times: 2,
      dependsOn: "resize",
    }),
  ],
  outputs: { count: "nodes.resize.completed" },
  collect: { "thumbs/": "nodes.resize.files" },
});

test("[SDK-2] what is built is the definition that its own file gives", () => {
  for (const text of [resize.toYaml(), resize.toJson()]) {
    const parsed = parseWorkflow(text, { file: "w", resolve: () => ({ ok: false, error: "none" }) });
    assert.deepEqual(parsed, { ok: true, value: resize.definition });
  }
});

test("[SDK-2] the validator sees what the compiler cannot, and all of it is told, with the place", () => {
  const loose: readonly BuiltNode[] = [
    task("a", { dependsOn: ["b"], run: "echo {{ inputs['x'] + nodes.zzz.result }}" }),
    task("b", { dependsOn: ["a"] }, () => 1),
  ];
  assert.throws(
    () => workflow({ name: "bad", nodes: loose }),
    (error: unknown) => {
      assert.ok(error instanceof WorkflowError);
      assert.deepEqual([...new Set(error.problems.map(({ code }) => code))].sort(), ["cycle", "expression"]);
      assert.match(error.message, /the workflow "bad" is not sound:\n(?: {2}.*\n)+ {2}.*, at "run": "echo/);
      return true;
    },
  );
});

test("[SDK-2] workflows inside are files beside it, once each, also when they have the same name", () => {
  const shell = (name: string, run: string) => workflow({ name, nodes: [task("a", { run })] });
  const twice = shell("inner", "one");
  const flow = workflow({
    name: "outer",
    nodes: [subworkflow("x", twice), subworkflow("y", twice), subworkflow("z", shell("inner", "two"))],
  });
  assert.deepEqual([...flow.toFiles().keys()], ["built/outer.json", "built/inner.json", "built/inner-2.json"]);
  const names = flow.definition.nodes.map((node) => node.type === "subworkflow" && node.workflow);
  assert.deepEqual(names, ["built/inner.json", "built/inner.json", "built/inner-2.json"]);
});

test("[SDK-2] tasks that are functions are in no file: they are named", () => {
  const flow = workflow({ name: "w", nodes: [pipeline("p", [task("mine", () => 1), task("shell", { run: "date" })])] });
  for (const write of [() => flow.toYaml(), () => flow.toJson(), () => flow.toFiles()])
    assert.throws(write, (error) => error instanceof FunctionTaskError && error.tasks.join() === "p/mine");
});

test("[SDK-2] join policies have the names of the design", () => {
  const policies = [
    JoinPolicy.waitForAll,
    JoinPolicy.waitForAny,
    JoinPolicy.waitForN(1),
    JoinPolicy.waitForPercent(50),
  ];
  const joins = policies.map((join) => {
    const [node] = workflow({ name: "w", nodes: [parallel("p", [task("a", () => 1)], { join })] }).definition.nodes;
    return node?.type === "parallel" && node.join.threshold;
  });
  assert.deepEqual(joins, [
    { kind: "all" },
    { kind: "any" },
    { kind: "count", count: 1 },
    { kind: "percent", percent: 50 },
  ]);
});

test("[SDK-2] a workflow file is a workflow too, problems are told where they stand in it", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "lanweave-sdk-"));
  try {
    const file = path.join(folder, "w.yaml");
    const text = "lanweave: 1\nname: filed\nnodes:\n  - { id: a, type: task, noop: {} }\n";
    writeFileSync(file, text);
    const flow = loadWorkflow(file);
    assert.deepEqual([flow.name, flow.folder, parse(flow.toYaml())], ["filed", folder, parse(text)]);
    assert.equal(flow.withFault({ retry: 4 }).definition.nodes[0]?.fault.retry, 4);
    writeFileSync(file, `${text}  - { id: a, type: task, noop: {} }\n`);
    assert.throws(() => loadWorkflow(file), /w\.yaml:5:\d+/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("[SDK-2] a workflow knows its topology: edges, reverse edges and levels", () => {
  const steps = pipeline("steps", [task("a", () => 1), task("b", () => 2)], { dependsOn: "first" });
  const { edges, reverseEdges, nodeLevels } = workflow({ name: "w", nodes: [task("first", () => 0), steps] }).topology;
  assert.deepEqual(Object.fromEntries(edges), { first: ["steps"], steps: [], "steps/a": ["steps/b"], "steps/b": [] });
  assert.deepEqual(Object.fromEntries(reverseEdges), {
    first: [],
    steps: ["first"],
    "steps/a": [],
    "steps/b": ["steps/a"],
  });
  assert.deepEqual(Object.fromEntries(nodeLevels), { first: 1, steps: 1, "steps/a": 2, "steps/b": 2 });
});
