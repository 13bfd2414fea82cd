import assert from "node:assert/strict";
import { test } from "node:test";
import { liveAttempts, runDefinition, timers } from "#core/engine/queries.ts";
import {
  Driver,
  expression,
  failure,
  loop,
  millis,
  parallel,
  path,
  pipeline,
  success,
  task,
  workflow,
} from "./support.ts";

const RUN = path("");
const by = "ada";

test("[RUN-1] a run goes from idle to running, paused, running and completed", () => {
  const run = new Driver(workflow([task("a")])).start();
  run.do({ kind: "pause", mode: "drain", path: RUN, by }).do({ kind: "resume", path: RUN, by }).runAll();
  const changes = run.events.filter((event) => event.type === "WorkflowStateChange").map(({ from, to }) => [from, to]);
  assert.deepEqual(changes, [
    [null, "idle"],
    ["idle", "running"],
    ["running", "paused"],
    ["paused", "running"],
    ["running", "completed"],
  ]);
});

test("[RUN-2] only the first event holds the definition", () => {
  const run = new Driver(workflow([parallel("p", [task("a")], { forEach: "[1, 2]" })])).start().runAll();
  assert.deepEqual(
    run.events.filter((event) => "definition" in event.data).map((event) => event.seq),
    [1],
  );
  assert.deepEqual(run.folded, run.state);
});

test("[FILE-8] a run keeps the definition it started with: folding its events needs no file", () => {
  const definition = workflow([task("a"), pipeline("p", [task("b")])]);
  const run = new Driver(definition).start().runAll();
  assert.ok(run.folded !== null);
  assert.deepEqual(runDefinition(run.folded), definition);
});

test("[RUN-3] drain lets running attempts finish and lets nothing follow until resume", () => {
  const run = new Driver(
    workflow([task("a", { fault: { retry: 1 } }), task("b"), task("c", { dependsOn: ["b"] })]),
  ).start();
  run.assign("a");
  run.assign("b");
  run.do({ kind: "pause", mode: "drain", path: RUN, by });
  assert.deepEqual([run.commands("freeze"), run.head().inFlight, run.head().pauseMode], [[], 2, "drain"]);
  run.end("a", failure()).end("b");
  assert.deepEqual(
    [run.states("a", "b", "c"), run.head().inFlight, run.queued()],
    [["failed", "completed", "idle"], 0, []],
  );
  run.do({ kind: "resume", path: RUN, by });
  assert.deepEqual(run.queued(), ["a", "c"]);
});

test("[RUN-3] freeze counts what stands still and what still runs", () => {
  const run = new Driver(workflow([task("a"), task("b")])).start();
  const fence = run.assign("a");
  run.assign("b");
  run.do({ kind: "pause", mode: "freeze", path: RUN, by });
  assert.deepEqual([run.head().frozen, run.head().inFlight], [0, 2]);
  run.do({ kind: "attempt-suspended", path: path("a"), fence });
  assert.deepEqual([run.head().frozen, run.head().inFlight, run.states("a", "b")], [1, 1, ["suspended", "running"]]);
  assert.deepEqual(
    liveAttempts(run.state).map((attempt) => attempt.wanted),
    ["suspended", "suspended"],
  );
  run.do({ kind: "resume", path: RUN, by });
  assert.deepEqual(
    run
      .commands("thaw")[0]
      ?.attempts.map(({ key }) => key.path)
      .toSorted(),
    ["a", "b"],
  );
  run.do({ kind: "attempt-resumed", path: path("a"), fence });
  assert.deepEqual([run.stateOf("a"), run.head().frozen], ["running", 0]);
});

test("[RUN-3] backoff and totalTimeout stand still while the run is paused, and keep what was left", () => {
  const fault = { retry: 1, backoff: { type: "fixed", delayMs: millis(300) }, totalTimeoutMs: millis(5_000) } as const;
  const run = new Driver(workflow([task("a", { fault })])).start().run("a", failure()).advance(100);
  run.do({ kind: "pause", mode: "freeze", path: RUN, by });
  assert.deepEqual(
    run
      .commands("cancel-timer")
      .map(({ timer }) => timer)
      .toSorted(),
    ["backoff:a", "total:a"],
  );
  run.advance(60_000);
  assert.deepEqual([timers(run.state), run.refused({ kind: "timer", timer: "backoff:a" })], [[], "held"]);
  run.do({ kind: "resume", path: RUN, by });
  const due = new Map(timers(run.state).map(({ timer, at }) => [timer, at - run.now]));
  assert.deepEqual([due.get("backoff:a"), due.get("total:a"), due.size], [200, 4_900, 2]);
});

test("[RUN-4] a pause adds nothing to the execution time of what was running", () => {
  const run = new Driver(workflow([pipeline("p", [task("a")])])).start();
  run.assign("p/a");
  run.advance(500).do({ kind: "pause", mode: "freeze", path: RUN, by });
  run.advance(60_000).do({ kind: "resume", path: RUN, by });
  run.advance(200).end("p/a", success("x", 700));
  assert.deepEqual(run.line("p").timing, { wait: 0, execution: 700, total: 60_700 });
  assert.deepEqual(run.line("p/a").timing, { wait: 0, execution: 700, total: 60_700 });
});

test("[RUN-3] a run says how long it was paused and since when, and each node what of that came before it", () => {
  const run = new Driver(workflow([pipeline("p", [task("a"), task("b")])])).start();
  const clock = (): unknown => [run.head().pausedMs, run.head().pausedSince];
  assert.deepEqual(clock(), [0, null]);
  run.assign("p/a");
  run.do({ kind: "pause", mode: "freeze", path: RUN, by });
  const since = run.now;
  run.advance(60_000);
  assert.deepEqual(clock(), [0, since]);
  run.do({ kind: "resume", path: RUN, by });
  assert.deepEqual(clock(), [60_000, null]);
  run.end("p/a").assign("p/b");
  assert.deepEqual(
    ["p", "p/a", "p/b"].map((node) => run.line(node).pausedBefore),
    [0, 0, 60_000],
  );
});

test("[RUN-5] a paused run is cancelled as well, frozen processes and all", () => {
  const run = new Driver(workflow([task("a"), task("b")])).start();
  const fence = run.assign("a");
  run.do({ kind: "pause", mode: "freeze", path: RUN, by }).do({ kind: "attempt-suspended", path: path("a"), fence });
  run.do({ kind: "cancel", path: RUN, by });
  assert.deepEqual([run.states("", "a", "b"), run.head().frozen], [["cancelled", "cancelled", "cancelled"], 0]);
  assert.deepEqual(
    run.commands("stop").map((command) => command.key.path),
    ["a"],
  );
  assert.equal(run.refused({ kind: "cancel", path: RUN, by }), "wrong-state");
});

test("[RUN-6] retry from here sends a node and all downstream of it back, and the rest keeps its results", () => {
  const nodes = [
    task("a"),
    task("b", { dependsOn: ["a"] }),
    task("c", { dependsOn: ["b"] }),
    task("d", { dependsOn: ["a"] }),
  ];
  const run = new Driver(workflow(nodes)).start().runAll((at) => success(`${at}1`));
  const fence = run.fence("b");
  run.do({ kind: "retry", path: path("b"), by });
  assert.deepEqual(
    [run.states("", "a", "b", "c", "d"), run.queued()],
    [["running", "completed", "idle", "idle", "completed"], ["b"]],
  );
  assert.ok(run.assign("b") > fence);
  assert.equal(run.commands("dispatch")[0]?.spec.attempt, 2);
  run.end("b", success("b2")).runAll((at) => success(`${at}2`));
  assert.deepEqual(
    [run.line("a").result, run.line("b").result, run.line("c").result, run.line("d").result, run.stateOf("")],
    ["a1", "b2", "c2", "d1", "completed"],
  );
});

test("[RUN-6] a retry goes on with what the failure had stopped", () => {
  const nodes = [parallel("p", [task("x"), task("y")]), task("a"), task("z", { dependsOn: ["p", "a"] })];
  const run = new Driver(workflow(nodes)).start().run("p/x", success("kept")).run("a", failure());
  assert.deepEqual(run.states("", "p", "p/y", "z"), ["failed", "cancelled", "cancelled", "cancelled"]);
  run.do({ kind: "retry", path: path("a"), by });
  assert.deepEqual(
    [run.states("", "p", "p/x"), run.line("p/x").result, run.queued().toSorted()],
    [["running", "running", "completed"], "kept", ["a", "p/y"]],
  );
  run.runAll();
  assert.equal(run.stateOf(""), "completed");
});

test("[RUN-6] a node deep in a forEach or a loop runs again, and what is around it goes back to running", () => {
  const inner = pipeline("q", [task("a"), task("b")]);
  const nodes = [loop("l", { kind: "times", times: 3 }, [inner]), task("after", { dependsOn: ["l"] })];
  const run = new Driver(workflow(nodes)).start().runAll((at) => success(at));
  run.do({ kind: "retry", path: path("l[2]/q/b"), by });
  assert.deepEqual(run.states("", "l", "l[1]", "l[2]", "l[2]/q", "l[2]/q/a", "l[2]/q/b", "after"), [
    "running",
    "running",
    "completed",
    "running",
    "running",
    "completed",
    "idle",
    "idle",
  ]);
  assert.equal(run.refused({ kind: "retry", path: path("l[3]/q/a"), by }), "unknown-path");
  run.runAll();
  assert.deepEqual([run.stateOf(""), run.line("l[3]/q/a").attempt], ["completed", 2]);
});

test("[RUN-6] a cancelled run goes on from the node that is retried", () => {
  const run = new Driver(workflow([task("a"), task("b", { dependsOn: ["a"] }), task("c")])).start().run("c");
  run
    .do({ kind: "cancel", path: RUN, by })
    .do({ kind: "retry", path: path("a"), by })
    .runAll();
  assert.deepEqual(run.states("", "a", "b", "c"), ["completed", "completed", "completed", "completed"]);
});

test("[RUN-7] one node is paused and resumed while the rest goes on", () => {
  const run = new Driver(workflow([pipeline("p", [task("a"), task("b")]), task("x")])).start();
  run.do({ kind: "pause", mode: "freeze", path: path("p"), by });
  assert.deepEqual([run.queued(), run.line("p/a").phase, run.stateOf("")], [["x"], "held", "running"]);
  run.do({ kind: "resume", path: path("p"), by });
  const fence = run.assign("p/a");
  run.do({ kind: "pause", mode: "freeze", path: path("p/a"), by });
  assert.deepEqual(
    run.commands("freeze")[0]?.attempts.map(({ key }) => key.path),
    ["p/a"],
  );
  run.do({ kind: "attempt-suspended", path: path("p/a"), fence }).end("p/a");
  assert.deepEqual(run.queued(), ["x"]);
  run.do({ kind: "resume", path: path("p/a"), by });
  assert.deepEqual(run.queued().toSorted(), ["p/b", "x"]);
});

test("[RUN-7] a node is skipped by hand in every state", () => {
  for (const prepare of ["idle", "running", "failed"]) {
    const run = new Driver(workflow([task("a"), task("b", { dependsOn: ["a"] })])).start();
    if (prepare === "running") run.assign("a");
    if (prepare === "failed") run.run("a", failure());
    run.do({ kind: "skip", path: path("a"), by });
    assert.deepEqual([run.stateOf("a"), run.line("a").reason, run.queued()], ["skipped", "skipped by ada", ["b"]]);
    assert.equal(run.runAll().stateOf(""), "completed");
  }
});

test("[RUN-7] a node is completed by hand with a result, and who did it is in the event", () => {
  const nodes = [pipeline("p", [task("a"), task("b")]), task("c", { dependsOn: ["p"] })];
  const run = new Driver(workflow(nodes, { outputs: { p: expression("nodes.p.result") } })).start();
  run.assign("p/a");
  run.do({ kind: "complete", path: path("p"), result: { n: 1 }, by });
  assert.deepEqual([run.states("p", "p/a", "p/b"), run.queued()], [["completed", "cancelled", "cancelled"], ["c"]]);
  const completed = run.events.find((event) => event.path === "p" && event.to === "completed");
  assert.equal(completed?.data["by"], "ada");
  assert.deepEqual(run.runAll().head().outputs, { p: { n: 1 } });
});

test("[RUN-7] a cancelled node counts as one that did not complete", () => {
  const run = new Driver(workflow([task("a"), task("b")])).start();
  run.do({ kind: "cancel", path: path("a"), by });
  assert.deepEqual(
    [run.states("a", "b", ""), run.head().error?.message],
    [["cancelled", "cancelled", "failed"], '"a" did not complete: cancelled by ada'],
  );
});

test("[RUN-7] an intent that does not fit is refused and changes nothing", () => {
  const run = new Driver(workflow([task("a")])).start();
  const a = path("a");
  assert.equal(run.refused({ kind: "start", by }), "wrong-state");
  assert.equal(run.refused({ kind: "retry", path: a, by }), "wrong-state");
  assert.equal(run.refused({ kind: "resume", path: a, by }), "wrong-state");
  assert.equal(run.refused({ kind: "approve", path: a, approved: true, by }), "wrong-state");
  assert.equal(run.refused({ kind: "skip", path: path("b"), by }), "unknown-path");
  assert.equal(run.refused({ kind: "retry", path: RUN, by }), "invalid");
  assert.equal(run.refused({ kind: "timer", timer: "backoff:a" }), "unknown-timer");
  run.do({ kind: "pause", mode: "drain", path: RUN, by });
  assert.equal(run.refused({ kind: "assigned", path: a, agent: "x" as never }), "held");
});

test("[FLEET-5] a completion is accepted once; a repeated one is refused as stale", () => {
  const run = new Driver(workflow([task("a"), task("b", { dependsOn: ["a"] })])).start();
  const fence = run.assign("a");
  run.end("a", success("first"));
  const again = { kind: "attempt-ended", path: path("a"), fence, outcome: success("second") } as const;
  assert.deepEqual([run.refused(again), run.line("a").result], ["stale", "first"]);
});

test("[NODE-10] reports of a running task are events, and progress shows on its line", () => {
  const run = new Driver(workflow([task("a")])).start();
  const at = { path: path("a"), fence: run.assign("a") };
  run.do({ kind: "reported", ...at, report: { kind: "progress", progress: 0.25 } });
  assert.deepEqual([run.line("a").progress, run.events.at(-1)?.type], [0.25, "MetricUpdate"]);
  run.do({ kind: "reported", ...at, report: { kind: "custom", name: "tile", data: { n: 1 } } });
  assert.deepEqual([run.events.at(-1)?.type, run.events.at(-1)?.reason], ["Custom", "tile"]);
  assert.equal(run.refused({ kind: "reported", ...at, report: { kind: "progress", progress: 7 } }), "invalid");
});
