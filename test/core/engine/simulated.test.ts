import assert from "node:assert/strict";
import { test } from "node:test";
import { timers } from "#core/engine/queries.ts";
import {
  Driver,
  conditional,
  failure,
  millis,
  parallel,
  path,
  pipeline,
  subworkflow,
  task,
  workflow,
} from "./support.ts";

// Courses of events that the simulation found (docs/simulation.md), each made small.

const RUN = path("");
const by = "ada";

test("[NODE-3] nodes after one that fails at once and has an alternative start without waiting for that", () => {
  const broken = conditional("broken", "3", [task("x")], [], {
    fault: { then: { kind: "runAlternative", id: "other" } },
  });
  const run = new Driver(workflow([broken, task("b"), task("other")])).start();
  assert.deepEqual([...run.queued()].sort(), ["b", "other"]);
});

test("[RUN-3] a standby that is paused starts only when it is resumed", () => {
  const a = task("a", { fault: { then: { kind: "runAlternative", id: "b" } } });
  const run = new Driver(workflow([a, task("b")])).start();
  run.do({ kind: "pause", mode: "drain", path: path("b"), by }).run("a", failure());
  assert.deepEqual([run.stateOf("b"), run.queued()], ["idle", []]);
  run.do({ kind: "resume", path: path("b"), by });
  assert.deepEqual(run.queued(), ["b"]);
  run.run("b");
  assert.deepEqual(run.states("a", "b", ""), ["failed", "completed", "completed"]);
});

test("[RUN-3] turning a freeze into a drain lets the processes go on", () => {
  const run = new Driver(workflow([task("a")])).start();
  const fence = run.assign("a");
  run.do({ kind: "pause", mode: "freeze", path: RUN, by }).do({ kind: "attempt-suspended", path: path("a"), fence });
  run.do({ kind: "pause", mode: "drain", path: RUN, by });
  assert.deepEqual(
    run.commands("thaw").flatMap(({ attempts }) => attempts.map(({ key }) => key.path)),
    ["a"],
  );
  run.do({ kind: "attempt-resumed", path: path("a"), fence }).end("a");
  assert.deepEqual(run.states("a", ""), ["completed", "paused"]);
});

test("[FAULT-1] a subworkflow that undoes what it did fails at once when its time is over between two attempts", () => {
  const fault = { retry: 1, backoff: { type: "fixed", delayMs: millis(500) }, totalTimeoutMs: millis(100) } as const;
  const inner = workflow([task("a")], { onFailure: "compensate" });
  const run = new Driver(workflow([subworkflow("s", inner, { fault })])).start();
  run.run("s/a", failure()).advance(100).ring();
  assert.deepEqual(run.states("s", ""), ["failed", "failed"]);
});

test("[FAULT-1] a node that starts over with what is around it has all its time again", () => {
  const fault = { retry: 1, totalTimeoutMs: millis(100) };
  const around = parallel("p", [task("a", { fault }), task("b", { dependsOn: [] })], { fault: { retry: 1 } });
  const run = new Driver(workflow([around])).start();
  run.assign("p/a");
  run.assign("p/b");
  // It waits to be tried again when what is around it fails.
  run
    .do({ kind: "pause", mode: "drain", path: path("p/a"), by })
    .end("p/a", failure())
    .advance(50);
  run.end("p/b", failure());
  assert.deepEqual(timers(run.state), [{ timer: "total:p/a", at: run.now + 100 }]);
});

test("[RUN-6] a node that is tried again by a person has all its time again", () => {
  const run = new Driver(workflow([task("a", { fault: { retry: 1, totalTimeoutMs: millis(100) } })])).start();
  run.assign("a");
  run.do({ kind: "pause", mode: "drain", path: RUN, by }).end("a", failure()).advance(90);
  run.do({ kind: "retry", path: path("a"), by }).do({ kind: "resume", path: RUN, by });
  assert.deepEqual(timers(run.state), [{ timer: "total:a", at: run.now + 100 }]);
});

test("[RUN-6] a node keeps its result when another one runs again that has the same standby", () => {
  const fault = { then: { kind: "runAlternative", id: "c" } } as const;
  const run = new Driver(workflow([task("a", { fault }), task("b", { dependsOn: ["a"], fault }), task("c")])).start();
  run.run("a").run("b", failure()).run("c");
  run.do({ kind: "retry", path: path("b"), by });
  assert.deepEqual(run.states("a", "b", "c"), ["completed", "idle", "idle"]);
});

test("[RUN-6] a standby keeps its result for a node that still needs it", () => {
  const fault = { then: { kind: "runAlternative", id: "c" } } as const;
  const run = new Driver(workflow([task("a", { fault }), task("b", { dependsOn: ["a"], fault }), task("c")])).start();
  run.run("a", failure()).run("c").run("b", failure());
  run.do({ kind: "retry", path: path("b"), by });
  assert.deepEqual(run.states("a", "b", "c"), ["failed", "idle", "completed"]);
  run.run("b", failure());
  assert.deepEqual(run.states("b", ""), ["failed", "completed"]);
});

test("[RUN-4] a node that was resumed while the whole run was paused starts with the run", () => {
  const run = new Driver(workflow([pipeline("p", [task("a"), task("b")])])).start();
  run.do({ kind: "pause", mode: "drain", path: path("p/b"), by }).run("p/a");
  run.do({ kind: "pause", mode: "drain", path: RUN, by }).do({ kind: "resume", path: path("p/b"), by });
  assert.deepEqual(run.queued(), []);
  run.do({ kind: "resume", path: RUN, by });
  assert.deepEqual(run.queued(), ["p/b"]);
});

test("[FAULT-4] nothing is tried again in a run that is being undone", () => {
  const fault = { retry: 1 };
  const nodes = [task("a", { fault }), task("b"), task("c", { compensate: { kind: "noop" } })];
  const run = new Driver(workflow(nodes, { onFailure: "compensate" })).start();
  for (const id of ["a", "b", "c"]) run.assign(id);
  run.end("c").do({ kind: "pause", mode: "drain", path: RUN, by });
  run.end("b", failure()).end("a", failure()).do({ kind: "resume", path: RUN, by });
  assert.deepEqual([run.stateOf("a"), run.queued()], ["failed", ["c"]]);
});

test("[RUN-6] what can never start because of another failed node starts over with that one", () => {
  const join = { threshold: { kind: "count", count: 2 } } as const;
  const nodes = [task("a"), task("b"), task("c"), task("d", { dependsOn: ["a", "c"] })];
  const run = new Driver(workflow([parallel("p", nodes, { join })])).start();
  run.run("p/c", failure()).run("p/a", failure());
  assert.equal(run.stateOf("p"), "failed");
  run.do({ kind: "retry", path: path("p/a"), by });
  assert.deepEqual(
    [run.states("p/a", "p/b", "p/c", "p/d"), [...run.queued()].sort()],
    [
      ["idle", "idle", "idle", "idle"],
      ["p/a", "p/b", "p/c"],
    ],
  );
});

test("[NODE-6] in a parallel that goes on, a node that waits for a failed one is cancelled again after a retry of another", () => {
  const join = { threshold: { kind: "count", count: 1 }, rest: "finish" } as const;
  const nodes = [task("a"), task("b"), task("c"), task("d", { dependsOn: ["a", "c"] })];
  const run = new Driver(workflow([parallel("p", nodes, { join })])).start();
  run.run("p/c", failure()).run("p/a");
  run.do({ kind: "retry", path: path("p/a"), by });
  assert.deepEqual(run.states("p/a", "p/c", "p/d", "p"), ["idle", "failed", "cancelled", "running"]);
  run.runAll();
  assert.deepEqual(run.states("p", ""), ["completed", "completed"]);
});

test("[RUN-6] what goes on where it was, deep inside what runs again, waits for nothing that failed for good", () => {
  const join = { threshold: { kind: "any" }, rest: "finish" } as const;
  const inner = parallel("q", [task("x"), task("y"), task("z", { dependsOn: ["x"] })], { join });
  const run = new Driver(workflow([parallel("p", [inner, task("w")])])).start();
  run.run("p/q/x", failure()).run("p/w", failure());
  run.do({ kind: "retry", path: path("p/w"), by }).runAll();
  assert.deepEqual(run.states("p/q", "p", ""), ["completed", "completed", "completed"]);
});

test("[FAULT-3] a failed node goes on waiting for its standby when something in that runs again", () => {
  const a = task("a", { fault: { then: { kind: "runAlternative", id: "c" } } });
  const run = new Driver(workflow([a, pipeline("c", [task("x"), task("y")])])).start();
  run.run("a", failure()).run("c/x");
  run.do({ kind: "retry", path: path("c/x"), by });
  assert.deepEqual([run.stateOf("a"), run.queued()], ["failed", ["c/x"]]);
  run.runAll();
  assert.deepEqual(run.states("a", "c", ""), ["failed", "completed", "completed"]);
});

test("[FAULT-3] a standby that failed and is tried again by a person runs in the place of who waits for it", () => {
  const a = task("a", { fault: { then: { kind: "runAlternative", id: "b" } } });
  const run = new Driver(workflow([a, task("b")])).start();
  run.run("a", failure()).assign("b");
  run.do({ kind: "pause", mode: "drain", path: path("b"), by }).end("b", failure());
  run.do({ kind: "retry", path: path("b"), by });
  assert.deepEqual(run.queued(), ["b"]);
  run.run("b");
  assert.deepEqual(run.states("a", "b", ""), ["failed", "completed", "completed"]);
});
