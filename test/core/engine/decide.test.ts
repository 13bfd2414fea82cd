import assert from "node:assert/strict";
import { test } from "node:test";
import { Driver, failure, loop, parallel, path, pipeline, script, success, task, workflow } from "./support.ts";

test("[NODE-3] siblings run as soon as what they depend on is completed", () => {
  const run = new Driver(workflow([task("a"), task("b"), task("c", { dependsOn: ["a", "b"] })])).start();
  assert.deepEqual(run.queued(), ["a", "b"]);
  run.run("a");
  assert.deepEqual(run.queued(), ["b"]);
  assert.equal(run.line("c").reason, "waits for b");
  run.run("b");
  assert.deepEqual(run.queued(), ["c"]);
  run.run("c");
  assert.equal(run.stateOf(""), "completed");
  assert.deepEqual(run.folded, run.state);
});

test("[NODE-5] a forEach parallel runs its nodes once for every item, at most maxConcurrency at once", () => {
  const one = task("one", { action: script("echo {{ item }} {{ index }}") });
  const definition = workflow([parallel("each", [one], { forEach: "inputs.names", maxConcurrency: 2 })]);
  const run = new Driver(definition, { names: ["x", "y", "z"] }).start();
  assert.deepEqual(run.queued(), ["each[0]/one", "each[1]/one"]);
  run.run("each[0]/one", success("X"));
  assert.deepEqual(run.queued(), ["each[1]/one", "each[2]/one"]);
  run.runAll((name) => success(name));
  assert.deepEqual(run.line("each").result, ["X", "each[1]/one", "each[2]/one"]);
  assert.equal(run.stateOf(""), "completed");
});

test("[NODE-4] a pipeline runs its nodes in order, each with the result before as previous", () => {
  const b = task("b", { action: script("echo {{ previous }}") });
  const run = new Driver(workflow([pipeline("p", [task("a"), b])])).start();
  assert.deepEqual(run.queued(), ["p/a"]);
  run.run("p/a", success("from a"));
  run.assign("p/b");
  const [dispatch] = run.commands("dispatch");
  assert.ok(dispatch?.spec.action.kind === "run");
  assert.match(dispatch.spec.action.script, /from a/);
  run.end("p/b", success("from b"));
  assert.deepEqual([run.stateOf(""), run.line("p").result], ["completed", "from b"]);
});

test("[NODE-8] a loop runs its iterations one after the other", () => {
  const definition = workflow([loop("poll", { kind: "times", times: 3 }, [task("check")])]);
  const run = new Driver(definition).start();
  assert.deepEqual(run.queued(), ["poll[1]/check"]);
  run.runAll((name) => success(name));
  assert.deepEqual(run.reached("completed"), [
    "poll[1]/check",
    "poll[1]",
    "poll[2]/check",
    "poll[2]",
    "poll[3]/check",
    "poll[3]",
    "poll",
    "",
  ]);
  assert.equal(run.line("poll").result, "poll[3]/check");
});

test("[RUN-3] a frozen run starts nothing and goes on exactly there", () => {
  const run = new Driver(workflow([task("a"), task("b", { dependsOn: ["a"] })])).start();
  const fence = run.assign("a");
  run.do({ kind: "pause", mode: "freeze", path: path(""), by: "ada" });
  assert.deepEqual(
    run.commands("freeze").map((command) => command.attempts.map(({ key }) => key.path)),
    [["a"]],
  );
  run.do({ kind: "attempt-suspended", path: path("a"), fence });
  assert.deepEqual(run.states("", "a", "b"), ["paused", "suspended", "idle"]);
  run.end("a");
  assert.deepEqual([run.states("a", "b"), run.queued()], [["completed", "idle"], []]);
  run.do({ kind: "resume", path: path(""), by: "ada" });
  assert.deepEqual(run.queued(), ["b"]);
  run.run("b");
  assert.equal(run.stateOf(""), "completed");
  assert.deepEqual(run.folded, run.state);
});

test("[RUN-5] cancel stops what runs and cancels what has not ended", () => {
  const run = new Driver(workflow([task("a"), pipeline("p", [task("b")], { dependsOn: ["a"] })])).start();
  run.assign("a");
  run.do({ kind: "cancel", path: path(""), by: "ada" });
  assert.deepEqual(run.states("", "a", "p", "p/b"), ["cancelled", "cancelled", "cancelled", "cancelled"]);
  assert.deepEqual(
    run.commands("stop").map((command) => command.key.path),
    ["a"],
  );
  assert.equal(run.refused({ kind: "attempt-ended", path: path("a"), fence: 1, outcome: failure() }), "stale");
});
