import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#core/base/json.ts";
import type { NodeDefinition } from "#core/model/workflow.ts";
import {
  BY,
  conditional,
  Driver,
  expression,
  failure,
  loop,
  parallel,
  path,
  pipeline,
  subworkflow,
  success,
  task,
  workflow,
} from "./support.ts";

const by = BY;

/** The result of a composite whose tasks give their own paths; those named in `failing` fail. */
function resultOf(node: NodeDefinition, failing: readonly string[] = []): Json {
  const run = new Driver(workflow([node])).start();
  run.runAll((at) => (failing.includes(at) ? failure() : success(at)));
  assert.equal(run.stateOf(node.id), "completed");
  return run.line(node.id).result;
}

test("[NODE-12] the result of a pipeline is its last node's, of a branch too", () => {
  assert.equal(resultOf(pipeline("p", [task("a"), task("b")])), "p/b");
  assert.equal(resultOf(conditional("c", "true", [task("a"), task("b")], [task("x")])), "c/b");
  assert.equal(resultOf(conditional("c", "false", [task("a")], [task("x")])), "c/x");
});

test("[NODE-12] the result of a parallel is a map by id or a list in item order, without skipped and failed children", () => {
  const skips = conditional("s", "false", [task("t")]);
  const any = { join: { threshold: { kind: "any" }, rest: "finish" } } as const;
  assert.deepEqual(resultOf(parallel("p", [task("a"), skips, task("b")])), { a: "p/a", b: "p/b" });
  assert.deepEqual(resultOf(parallel("p", [task("a"), task("b")], any), ["p/a"]), { b: "p/b" });
  const items = parallel("p", [task("a"), task("b", { dependsOn: ["a"] })], { forEach: "[1, 2, 3]", ...any });
  assert.deepEqual(resultOf(items, ["p[1]/b"]), ["p[0]/b", "p[2]/b"]);
  assert.deepEqual(resultOf(parallel("p", [task("a")], { forEach: "[]" })), []);
});

test("[NODE-12] the result of a loop is its last iteration's, of a subworkflow its outputs", () => {
  assert.equal(resultOf(loop("l", { kind: "times", times: 3 }, [task("a")])), "l[3]/a");
  const inner = workflow([task("a")], { outputs: { x: expression("nodes.a.result") } });
  assert.deepEqual(resultOf(subworkflow("s", inner)), { x: "s/a" });
});

test("[NODE-6] a loser's late result is refused as stale and never counted", () => {
  const any = { join: { threshold: { kind: "any" } } } as const;
  const run = new Driver(workflow([parallel("p", [task("a"), task("b")], any)])).start();
  const fence = run.assign("p/b");
  run.run("p/a", success("first"));
  const late = { kind: "attempt-ended", path: path("p/b"), fence, outcome: success("late") } as const;
  assert.equal(run.refused(late), "stale");
  assert.deepEqual([run.stateOf("p/b"), run.line("p").result], ["cancelled", { a: "first" }]);
});

test("[RUN-6] a retry sends back what depends on the composites around the node, and nothing beside them", () => {
  const nodes = [
    parallel("g", [pipeline("p", [task("a"), task("b")]), task("beside")]),
    task("after", { dependsOn: ["g"] }),
    task("last", { dependsOn: ["after"] }),
    task("apart"),
  ];
  const run = new Driver(workflow(nodes)).start().runAll();
  run.do({ kind: "retry", path: path("g/p/a"), by });
  assert.deepEqual(run.states("g", "g/p", "g/p/a", "g/p/b", "after", "last", ""), [
    "running",
    "running",
    "idle",
    "idle",
    "idle",
    "idle",
    "running",
  ]);
  assert.deepEqual([run.states("g/beside", "apart"), run.queued()], [["completed", "completed"], ["g/p/a"]]);
  assert.equal(run.runAll().stateOf(""), "completed");
});

test("[RUN-3] a drained part lets its running attempts finish and nothing follow, while the rest goes on", () => {
  const nodes = [pipeline("p", [task("a"), task("b")]), pipeline("q", [task("a"), task("b")])];
  const run = new Driver(workflow(nodes)).start();
  run.assign("p/a");
  run.assign("q/a");
  run.do({ kind: "pause", mode: "drain", path: path("p"), by });
  assert.deepEqual(run.states("p/a", "q/a", ""), ["running", "running", "running"]);
  run.end("p/a").end("q/a");
  assert.deepEqual([run.stateOf("p/a"), run.line("p/b").phase, run.queued()], ["completed", "held", ["q/b"]]);
  run.do({ kind: "resume", path: path("p"), by });
  assert.deepEqual([...run.queued()].sort(), ["p/b", "q/b"]);
});

test("[RUN-3] [FAULT-1] the timeout of a composite stands still while it is frozen", () => {
  const node = pipeline("p", [task("a")], { fault: { timeoutMs: 1_000 as never } });
  const run = new Driver(workflow([node])).start();
  run.assign("p/a");
  run.advance(600).do({ kind: "pause", mode: "freeze", path: path("p"), by });
  run.advance(60_000).ring();
  run.do({ kind: "resume", path: path("p"), by });
  run.advance(399).ring();
  assert.equal(run.stateOf("p"), "running");
  run.advance(1).ring();
  assert.deepEqual([run.stateOf("p"), run.line("p").error?.code], ["failed", "timeout"]);
});

test("[FAULT-3] compensateAndRetry tries again just so many times, and then the parent sees the failure", () => {
  const fault = { then: { kind: "compensateAndRetry", times: 2 } } as const;
  const run = new Driver(workflow([pipeline("p", [task("a")], { fault })])).start().runAll(() => failure());
  assert.equal(run.reached("failed").filter((at) => at === "p/a").length, 3);
  assert.deepEqual(run.states("p", ""), ["failed", "failed"]);
});
