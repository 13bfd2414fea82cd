import assert from "node:assert/strict";
import { test } from "node:test";
import { Driver, conditional, failure, path, task, workflow } from "./support.ts";

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
