import assert from "node:assert/strict";
import { test } from "node:test";
import {
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
  template,
  workflow,
} from "./support.ts";

test("[NODE-1] every change of a node names its reason", () => {
  const run = new Driver(workflow([task("a"), task("b", { dependsOn: ["a"] })])).start().run("a").run("b", failure());
  const reasons = run.events
    .filter((event) => event.type === "NodeStateChange")
    .map(({ path: at, to, reason }) => [at, to, reason]);
  assert.deepEqual(reasons, [
    ["a", "running", "on agent 00000000000000aa, attempt 1"],
    ["a", "completed", "the attempt succeeded"],
    ["b", "running", "on agent 00000000000000aa, attempt 1"],
    ["b", "failed", "exit code 3"],
  ]);
});

test("[NODE-2] an idle node says whether it is blocked, queued, in backoff or held", () => {
  const fault = { retry: 1, backoff: { type: "fixed", delayMs: 500 as never } } as const;
  const run = new Driver(workflow([task("a", { fault }), task("b", { dependsOn: ["a"] })]));
  assert.deepEqual([run.line("a").phase, run.line("a").reason], ["blocked", "the run has not started"]);
  run.start();
  assert.deepEqual(
    [run.line("a").phase, run.line("b").phase, run.line("b").reason],
    ["queued", "blocked", "waits for a"],
  );
  run.do({ kind: "pause", mode: "drain", path: path(""), by: "ada" });
  assert.equal(run.line("a").phase, "held");
  run.do({ kind: "resume", path: path(""), by: "ada" }).run("a", failure());
  assert.deepEqual(
    [run.line("a").phase, run.line("a").reason],
    ["backoff", "attempt 1 failed: exit code 3; the next one comes at 1970-01-01T00:00:01.500Z"],
  );
  run.advance(100).do({ kind: "pause", mode: "freeze", path: path(""), by: "ada" });
  assert.deepEqual([run.line("a").phase, run.line("a").reason], ["held", "paused"]);
  run.advance(60_000).do({ kind: "resume", path: path(""), by: "ada" });
  assert.deepEqual(
    [run.line("a").phase, run.line("a").reason],
    ["backoff", "attempt 1 failed: exit code 3; the next one comes at 1970-01-01T00:01:01.500Z"],
  );
});

test("[NODE-3] a node whose dependencies were all skipped by a condition is skipped, too", () => {
  const nodes = [
    task("x"),
    conditional("c", "false", [task("t")]),
    task("d", { dependsOn: ["c"] }),
    task("e", { dependsOn: ["c", "x"] }),
  ];
  const run = new Driver(workflow(nodes)).start().runAll();
  assert.deepEqual(run.states("c", "c/t", "d", "e", ""), ["skipped", "skipped", "skipped", "completed", "completed"]);
});

test("[NODE-3] the first unresolved failure ends the workflow, and what had not ended with it", () => {
  const run = new Driver(workflow([task("a"), task("b"), task("c", { dependsOn: ["b"] })])).start();
  run.assign("b");
  run.run("a", failure());
  assert.deepEqual(run.states("a", "b", "c", ""), ["failed", "cancelled", "cancelled", "failed"]);
  assert.deepEqual(
    run.commands("stop").map((command) => command.key.path),
    ["b"],
  );
});

test("[NODE-4] the first failure of a pipeline fails it", () => {
  const run = new Driver(workflow([pipeline("p", [task("a"), task("b"), task("c")])])).start();
  run.run("p/a").run("p/b", failure());
  assert.deepEqual(run.states("p/a", "p/b", "p/c", "p"), ["completed", "failed", "cancelled", "failed"]);
  assert.equal(run.line("p").error?.message, '"b" did not complete: exit code 3');
});

test("[NODE-5] a group of a forEach has its own order inside, and its last node's result is its result", () => {
  const nodes = [task("one"), task("two", { dependsOn: ["one"] })];
  const run = new Driver(workflow([parallel("each", nodes, { forEach: "[1, 2]" })])).start();
  assert.deepEqual(run.queued(), ["each[0]/one", "each[1]/one"]);
  run.runAll((at) => success(at));
  assert.deepEqual(run.line("each").result, ["each[0]/two", "each[1]/two"]);
  assert.deepEqual(
    [run.line("each[1]").type, run.line("each[1]").level, run.line("each[1]/two").level],
    ["group", 2, 3],
  );
});

test("[NODE-5] forEach over something that is no list fails the node", () => {
  const run = new Driver(workflow([parallel("each", [task("one")], { forEach: "7" })])).start();
  assert.equal(run.line("each").error?.code, "expression");
  assert.equal(run.stateOf(""), "failed");
});

test("[NODE-6] reaching the threshold completes the parallel and cancels the rest", () => {
  const join = { threshold: { kind: "count", count: 2 }, rest: "cancel" } as const;
  const run = new Driver(workflow([parallel("p", [task("a"), task("b"), task("c")], { join })])).start();
  run.assign("p/c");
  run.run("p/a", success(1)).run("p/b", success(2));
  assert.deepEqual(run.states("p", "p/c"), ["completed", "cancelled"]);
  assert.deepEqual(run.line("p").result, { a: 1, b: 2 });
  assert.equal(run.line("p").reason, "2 of 3 children completed, 2 were needed");
  const late = { kind: "attempt-ended", path: path("p/c"), fence: 1, outcome: success() } as const;
  assert.equal(run.refused(late), "stale");
});

test("[NODE-6] with rest: finish the others end first, and their results are kept", () => {
  const join = { threshold: { kind: "any" }, rest: "finish" } as const;
  const run = new Driver(workflow([parallel("p", [task("a"), task("b")], { join })])).start().run("p/a", success(1));
  assert.equal(run.stateOf("p"), "running");
  run.run("p/b", success(2));
  assert.deepEqual(run.line("p").result, { a: 1, b: 2 });
});

test("[NODE-6] no children: completed with an empty list; all skipped: skipped", () => {
  const nodes = [
    parallel("none", [task("a")], { forEach: "[]" }),
    parallel("skipped", [conditional("c", "false", [task("t")])]),
    task("after", { dependsOn: ["skipped"] }),
  ];
  const run = new Driver(workflow(nodes)).start();
  assert.deepEqual([run.line("none").state, run.line("none").result], ["completed", []]);
  assert.deepEqual(run.states("skipped", "after", ""), ["skipped", "skipped", "completed"]);
});

test("[NODE-6] what depends on a failed child never starts, and a parallel that needs less goes on", () => {
  const join = { threshold: { kind: "any" }, rest: "finish" } as const;
  const nodes = [task("a"), task("b", { dependsOn: ["a"] }), task("c", { dependsOn: ["b"] }), task("d")];
  const run = new Driver(workflow([parallel("p", nodes, { join })])).start().run("p/a", failure()).run("p/d");
  assert.deepEqual(run.states("p/a", "p/b", "p/c", "p"), ["failed", "cancelled", "cancelled", "completed"]);
});

test("[NODE-7] the branch not taken is skipped", () => {
  const run = new Driver(workflow([conditional("c", "true", [task("a"), task("b")], [task("x")])])).start();
  assert.deepEqual(run.queued(), ["c/a"]);
  run.runAll((at) => success(at));
  assert.deepEqual(
    [run.states("c/a", "c/b", "c/x", "c"), run.line("c").result],
    [["completed", "completed", "skipped", "completed"], "c/b"],
  );
});

test("[NODE-7] an if that is not boolean fails the node", () => {
  const run = new Driver(workflow([conditional("c", "3", [task("a")])])).start();
  assert.deepEqual(run.line("c").error, {
    code: "expression",
    message: '"if" must be true or false, found number 3: 3',
  });
  assert.deepEqual(run.states("c", "c/a", ""), ["failed", "cancelled", "failed"]);
});

test("[NODE-8] until sees the nodes of the last iteration and its result as previous", () => {
  const until = {
    kind: "until",
    condition: expression('nodes.check.result == "ready" && previous == "ready"'),
  } as const;
  const run = new Driver(workflow([loop("poll", until, [task("check")])])).start();
  run.run("poll[1]/check", success("not yet")).run("poll[2]/check", success("ready"));
  assert.deepEqual([run.stateOf("poll"), run.line("poll").result], ["completed", "ready"]);
});

test("[NODE-8] reaching maxIterations fails the loop", () => {
  const run = new Driver(
    workflow([loop("l", { kind: "while", condition: expression("true") }, [task("a")], { maxIterations: 2 })]),
  );
  run.start().runAll();
  assert.deepEqual([run.stateOf("l"), run.line("l").error?.code], ["failed", "max-iterations"]);
});

test("[NODE-8] a failed iteration that is retried resumes at that iteration", () => {
  const run = new Driver(
    workflow([loop("l", { kind: "times", times: 3 }, [task("a")], { fault: { retry: 1 } })]),
  ).start();
  run.run("l[1]/a", success("first")).run("l[2]/a", failure());
  assert.deepEqual(run.queued(), ["l[2]/a"]);
  assert.equal(run.line("l[1]/a").result, "first");
  run.assign("l[2]/a");
  assert.equal(run.commands("dispatch")[0]?.spec.attempt, 2);
  run.end("l[2]/a").runAll();
  assert.equal(run.stateOf(""), "completed");
});

test("[NODE-9] a subworkflow has its own variables, and only its outputs come back", () => {
  const inner = workflow([task("t", { set: { n: expression("variables.n + inputs.step") } })], {
    name: "inner",
    variables: { n: 1 },
    inputs: { step: { type: "integer", description: "" }, more: { type: "string", description: "", default: "x" } },
    outputs: { n: expression("variables.n"), more: expression("inputs.more") },
  });
  const nodes = [
    subworkflow("s", inner, { with: { step: template("{{ variables.by }}") } }),
    task("after", { dependsOn: ["s"] }),
  ];
  const run = new Driver(
    workflow(nodes, { variables: { n: 100, by: 5 }, outputs: { s: expression("nodes.s.result.n") } }),
  );
  run.start().runAll();
  assert.deepEqual(run.line("s").result, { n: 6, more: "x" });
  assert.deepEqual(run.head().variables, { n: 100, by: 5 });
  assert.deepEqual(run.head().outputs, { s: 6 });
});

test("[NODE-9] a subworkflow without an input it needs, or with one of a wrong type, fails", () => {
  const inner = workflow([task("t")], { name: "inner", inputs: { step: { type: "integer", description: "" } } });
  const missing = new Driver(workflow([subworkflow("s", inner)])).start();
  assert.match(missing.line("s").error?.message ?? "", /needs the input "step"/);
  const wrong = new Driver(workflow([subworkflow("s", inner, { with: { step: template("many") } })])).start();
  assert.match(wrong.line("s").error?.message ?? "", /expected integer, found string "many"/);
});

test("[NODE-11] an approval is pending until a person answers", () => {
  const ask = task("ask", { action: { kind: "approve", question: template("ship {{ inputs.what }}?") } });
  const asked = (): Driver => new Driver(workflow([ask, task("ship", { dependsOn: ["ask"] })]), { what: "it" }).start();
  const run = asked();
  assert.deepEqual(
    [run.line("ask").state, run.line("ask").reason, run.queued()],
    ["running", "waits for an answer: ship it?", []],
  );
  run.do({ kind: "approve", path: path("ask"), approved: true, by: "ada" });
  assert.deepEqual(
    [run.stateOf("ask"), run.line("ask").reason, run.queued()],
    ["completed", "approved by ada", ["ship"]],
  );
  const denied = asked().do({ kind: "approve", path: path("ask"), approved: false, by: "ada" });
  assert.deepEqual([denied.line("ask").error?.code, denied.stateOf("")], ["denied", "failed"]);
});

test("[NODE-11] a result over 1 MiB fails the attempt and says what to do", () => {
  const run = new Driver(workflow([task("a")])).start().run("a", success("x".repeat(1024 * 1024)));
  assert.equal(run.line("a").error?.code, "result-too-large");
  assert.match(run.line("a").error?.message ?? "", /write it to a file/);
});

test("[NODE-12] a parallel's children are counted for expressions", () => {
  const join = { threshold: { kind: "percent", percent: 50 }, rest: "finish" } as const;
  const argv = ["completed", "failed", "total"].map((name) => template(`{{ nodes.p.${name} }}`));
  const nodes = [
    parallel("p", [task("one")], { forEach: "[1, 2, 3]", join }),
    task("tell", { dependsOn: ["p"], action: { kind: "argv", argv } }),
  ];
  const run = new Driver(workflow(nodes)).start().run("p[0]/one").run("p[1]/one", failure()).run("p[2]/one");
  run.assign("tell");
  assert.deepEqual(run.commands("dispatch")[0]?.spec.action, { kind: "argv", argv: ["2", "1", "3"] });
});

test("[FILE-9] a completed task writes variables, in the order of the events", () => {
  const set = { list: expression("variables.list + [result]") };
  const run = new Driver(workflow([task("a", { set }), task("b", { set })], { variables: { list: [] } })).start();
  run.run("b", success("B")).run("a", success("A"));
  assert.deepEqual(run.head().variables, { list: ["B", "A"] });
});

test("[FLEET-9] files of other nodes come with the attempt, globs of the workflow's folder beside it", () => {
  const file = { name: "out/a.txt", sha256: "ab".repeat(32) as never, sizeBytes: 3 };
  const reads = { in: [template("{{ nodes.a.files }}"), template("photos/*.jpg")], out: [template("x-{{ level }}")] };
  const definition = workflow([task("a"), task("b", { dependsOn: ["a"], files: reads })], {
    collect: [{ to: "home/", from: expression("nodes.a.files") }],
  });
  const run = new Driver(definition).start();
  run.run("a", { kind: "success", result: null, files: [file], executionMs: 1 as never });
  run.assign("b");
  const [dispatch] = run.commands("dispatch");
  assert.deepEqual(
    [dispatch?.spec.filesIn, dispatch?.globs, dispatch?.spec.filesOut],
    [[{ ...file, holders: [] }], ["photos/*.jpg"], ["x-1"]],
  );
  run.end("b");
  assert.deepEqual(run.commands("collect"), [{ kind: "collect", entries: [{ to: "home/", files: [file] }] }]);
});
