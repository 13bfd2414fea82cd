import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeDefinition } from "#core/model/workflow.ts";
import { edited, finish, fork, ran, runOf, sh } from "./fork-support.ts";
import {
  AGENT,
  BY,
  Driver,
  expression,
  failure,
  millis,
  path,
  pipeline,
  script,
  task,
  template,
  workflow,
} from "./support.ts";

const DIAMOND = workflow(
  [
    sh("a", "make a"),
    sh("b", "make b from {{ nodes.a.result }}", "a"),
    sh("c", "make c", "a"),
    sh("d", "make d", "b", "c"),
    sh("e", "make e"),
  ],
  { outputs: { d: expression("nodes.d.result"), b: expression("nodes.b.result") } },
);

test("[SNAP-5] a fork of an unchanged completed run keeps every result and runs nothing", () => {
  const original = runOf(DIAMOND);
  const forked = fork(original);
  assert.equal(forked.stateOf(""), "completed");
  assert.deepEqual(ran(forked), []);
  assert.deepEqual(forked.head().outputs, original.head().outputs);
  assert.deepEqual(
    ["a", "b", "c", "d", "e"].map((at) => [forked.line(at).state, forked.line(at).result, forked.line(at).agent]),
    ["a", "b", "c", "d", "e"].map((at) => ["completed", original.line(at).result, AGENT]),
  );
  assert.equal(forked.line("a").reason, "kept from run run-1");
  assert.deepEqual(forked.folded, forked.state);
});

test("[SNAP-5] at an event in the middle completed nodes keep results and unfinished ones start over", () => {
  const original = new Driver(DIAMOND).start();
  original.run("a").run("b");
  original.assign("c");
  const at = original.events.length;
  original.end("c").runAll();
  const forked = fork(original, { at });
  assert.deepEqual(forked.states("a", "b", "c", "d", "e"), ["completed", "completed", "idle", "idle", "idle"]);
  assert.deepEqual([...forked.queued()].sort(), ["c", "e"]);
  finish(forked);
  assert.deepEqual([...ran(forked)].sort(), ["c", "d", "e"]);
  assert.equal(original.stateOf(""), "completed");
});

test("[SNAP-5] a changed task runs again, with all that depends on it by data or by order, and nothing else", () => {
  const original = runOf(DIAMOND);
  const [a, b, c, d, e] = DIAMOND.nodes;
  assert.ok(a && b && c && d && e);
  const changes: readonly (readonly [NodeDefinition, string])[] = [
    [sh("a", "make another a"), "abcd"],
    [sh("b", "make another b", "a"), "bd"],
    [sh("c", "make another c", "a"), "cd"],
    [sh("d", "make another d", "b", "c"), "d"],
    [sh("e", "make another e"), "e"],
  ];
  for (const [changed, expected] of changes) {
    const nodes = [a, b, c, d, e].map((node) => (node.id === changed.id ? changed : node));
    const forked = finish(fork(original, { definition: edited(DIAMOND, ...nodes) }));
    assert.deepEqual([...ran(forked)].sort().join(""), expected);
    assert.equal(forked.stateOf(""), "completed");
  }
});

test("[SNAP-5] labels, order among what is kept, and policies are no part of what a task is", () => {
  const original = runOf(DIAMOND);
  const [a, b, , d, e] = DIAMOND.nodes;
  assert.ok(a && b && d && e);
  const definition = edited(
    DIAMOND,
    { ...a, label: "the first" },
    b,
    { ...sh("c", "make c", "a", "b"), fault: { ...a.fault, retry: 3, timeoutMs: millis(5) } },
    d,
    { ...task("e", { action: script("make e"), compensate: script("undo e") }) },
  );
  assert.deepEqual(ran(fork(original, { definition })), []);
});

test("[SNAP-5] environment, needs, kind of result and file patterns are part of it", () => {
  const original = runOf(workflow([sh("a", "x")]));
  const needs = { labels: ["gpu"], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null };
  for (const more of [
    { environment: { A: template("1") } },
    { needs },
    { result: "json" as const },
    { files: { in: [], out: [template("*.png")] } },
  ]) {
    const definition = workflow([task("a", { action: script("x"), ...more })]);
    assert.deepEqual(fork(original, { definition }).queued(), ["a"]);
  }
});

test("[SNAP-5] an input that is given anew runs what reads it again", () => {
  const inputs = { n: { type: "integer" as const, description: "", default: 1 } };
  const definition = workflow([sh("a", "make {{ inputs.n }}"), sh("b", "other"), sh("c", "after", "a")], { inputs });
  const original = runOf(definition, { n: 1 });
  assert.deepEqual([...ran(finish(fork(original, { inputs: { n: 2 } })))].sort(), ["a", "c"]);
  assert.deepEqual(ran(fork(original, { inputs: { n: 1 } })), []);
});

test("[SNAP-5] a renamed or moved node keeps its result; a second one like it does not", () => {
  const definition = workflow([sh("a", "build"), sh("b", "test", "a")]);
  const original = runOf(definition);
  const renamed = edited(definition, sh("compile", "build"), sh("b", "test", "compile"));
  assert.deepEqual(ran(fork(original, { definition: renamed })), []);
  const moved = edited(definition, pipeline("all", [sh("a", "build"), sh("b", "test")]));
  assert.deepEqual(ran(fork(original, { definition: moved })), []);
  const doubled = edited(definition, sh("a0", "build"), sh("a", "build"), sh("b", "test", "a"));
  assert.deepEqual(fork(original, { definition: doubled }).queued(), ["a0"]);
  const gone = edited(definition, sh("b", "test"));
  assert.deepEqual(ran(fork(original, { definition: gone })), []);
});

test("[SNAP-5] variables are written in the order of the original, and by the new definition's set", () => {
  const set = (id: string, value: string) =>
    task(id, { action: script(id), set: { last: expression(value), n: expression("variables.n + 1") } });
  const reader = sh("r", "read {{ variables.last }} {{ variables.n }}", "a", "b", "c");
  const definition = workflow([set("a", "'a'"), set("b", "'b'"), set("c", "'c'"), reader], {
    variables: { last: "", n: 0 },
  });
  const original = new Driver(definition).start();
  original.run("c").run("a").run("b").run("r");
  assert.equal(original.head().variables["last"], "b");
  const forked = fork(original);
  assert.deepEqual(ran(forked), []);
  assert.deepEqual(forked.head().variables, original.head().variables);
  const other = edited(definition, set("a", "'a'"), set("b", "'B'"), set("c", "'c'"), reader);
  assert.deepEqual(fork(original, { definition: other }).queued(), ["r"]);
});

test("[SNAP-5] a failure that ended its run starts over", () => {
  const definition = workflow([sh("a", "a"), sh("b", "b", "a"), sh("c", "c", "b")]);
  const original = new Driver(definition).start();
  original.run("a").run("b", failure());
  assert.equal(original.stateOf(""), "failed");
  const forked = fork(original);
  assert.deepEqual(forked.states("a", "b", "c"), ["completed", "idle", "idle"]);
  assert.deepEqual(ran(finish(forked)), ["b", "c"]);
});

test("[SNAP-5] what a person did stands while the node and what is before it are the same", () => {
  const definition = (source: string) =>
    workflow([
      sh("a", source),
      sh("b", "b", "a"),
      sh("c", "c"),
      pipeline("p", [sh("x", "x")]),
      task("q", { action: { kind: "approve", question: template("ok?") } }),
      sh("z", "z", "b", "c", "p", "q"),
    ]);
  const original = new Driver(definition("a")).start();
  original.do({ kind: "skip", path: path("b"), by: BY });
  original.do({ kind: "complete", path: path("c"), result: { by: "hand" }, by: BY });
  original.do({ kind: "complete", path: path("p"), result: "composed", by: BY });
  original.do({ kind: "approve", path: path("q"), approved: true, by: BY });
  original.runAll();
  assert.equal(original.stateOf(""), "completed");
  const forked = fork(original);
  assert.deepEqual(ran(forked), []);
  assert.deepEqual(forked.states("b", "c", "p", "q"), ["skipped", "completed", "completed", "completed"]);
  assert.deepEqual([forked.line("c").result, forked.line("p").result], [{ by: "hand" }, "composed"]);
  const changed = finish(fork(original, { definition: definition("another") }));
  assert.deepEqual([...ran(changed)].sort(), ["a", "b", "z"]);
});

test("[SNAP-5, RUN-6] a person's retry of a kept node really runs it, and what depends on it", () => {
  const original = runOf(DIAMOND);
  const forked = fork(original);
  forked.do({ kind: "retry", path: path("b"), by: BY });
  finish(forked);
  assert.deepEqual([...ran(forked)].sort(), ["b", "d"]);
  assert.equal(forked.stateOf(""), "completed");
});

test("[SNAP-5] a fork of a fork keeps what the first one kept and what it did", () => {
  const original = runOf(DIAMOND);
  const [a, b, , d, e] = DIAMOND.nodes;
  assert.ok(a && b && d && e);
  const first = finish(fork(original, { definition: edited(DIAMOND, a, b, sh("c", "C", "a"), d, e) }));
  assert.deepEqual(ran(fork(first)), []);
  const second = finish(fork(first, { definition: edited(DIAMOND, a, b, sh("c", "C", "a"), d, sh("e", "E")) }));
  assert.deepEqual(ran(second), ["e"]);
});

test("[SNAP-5] globs keep a result only where it is known what they had found", () => {
  const definition = workflow([task("a", { action: script("a"), files: { in: [template("in/*")], out: [] } })]);
  const known = new Driver(definition).start();
  known.assign("a");
  const files = [{ name: "in/x", sha256: "ab" as never, sizeBytes: 1 }];
  known.do({ kind: "provided", path: path("a"), fence: known.fence("a"), files });
  known.end("a");
  assert.deepEqual(ran(fork(known)), []);
  assert.deepEqual(fork(runOf(definition)).queued(), ["a"]);
});
