import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { retryDelayMs } from "#core/engine/backoff.ts";
import type { BackoffStrategy, FaultPolicy, TaskAction } from "#core/model/workflow.ts";
import {
  AGENT,
  Driver,
  failure,
  millis,
  OTHER_AGENT,
  parallel,
  path,
  pipeline,
  script,
  success,
  task,
  template,
  workflow,
} from "./support.ts";

const wait = (ms: number): BackoffStrategy => ({ type: "fixed", delayMs: millis(ms) });
const undo = (id: string): { compensate: TaskAction } => ({ compensate: script(`undo ${id}`) });

test("[FAULT-1] retry: 3 means at most four attempts", () => {
  const run = new Driver(workflow([task("a", { fault: { retry: 3 } })])).start().runAll(() => failure());
  assert.deepEqual([run.line("a").attempt, run.stateOf("a")], [4, "failed"]);
  assert.equal(run.line("a").timing.execution, 40);
});

test("[FAULT-1] the retry of a composite covers its whole subtree, which starts over", () => {
  const run = new Driver(workflow([pipeline("p", [task("a"), task("b")], { fault: { retry: 1 } })])).start();
  run.run("p/a").run("p/b", failure());
  assert.deepEqual([run.states("p", "p/a", "p/b"), run.queued()], [["running", "idle", "idle"], ["p/a"]]);
  run.assign("p/a");
  assert.equal(run.commands("dispatch")[0]?.spec.attempt, 2);
  run.end("p/a").runAll();
  assert.equal(run.stateOf(""), "completed");
});

test("[FAULT-1] totalTimeout ends all attempts together, waits included", () => {
  const fault = { retry: 9, backoff: wait(400), totalTimeoutMs: millis(1_000) };
  const run = new Driver(workflow([task("a", { fault })])).start();
  for (const _ of [1, 2]) run.run("a", failure()).advance(400).ring();
  run.assign("a");
  run.advance(300).ring();
  assert.deepEqual([run.stateOf("a"), run.line("a").error?.code], ["failed", "timeout"]);
  assert.deepEqual(
    run.commands("stop").map((command) => command.key.path),
    ["a"],
  );
});

test("[FAULT-1] the timeout of a task goes with the attempt, that of a composite is the engine's", () => {
  const fault = { timeoutMs: millis(1_000) };
  const run = new Driver(workflow([pipeline("p", [task("a", { fault })], { fault })])).start();
  run.assign("p/a");
  assert.equal(run.commands("dispatch")[0]?.spec.timeoutMs, 1_000);
  run.advance(1_000).ring();
  assert.deepEqual([run.states("p/a", "p"), run.line("p").error?.code], [["cancelled", "failed"], "timeout"]);
});

test("[FAULT-2] exponential waits are initial × factor^(k-1), capped", () => {
  const backoff = { type: "exponential", initialMs: millis(100), factor: 3, maxMs: millis(2_000) } as const;
  assert.deepEqual(
    [1, 2, 3, 4, 5, 400].map((failed) => retryDelayMs(backoff, failed, path("a"), 0.5)),
    [100, 300, 900, 2_000, 2_000, 2_000],
  );
});

test("[FAULT-2] random waits are whole and within their bounds", () => {
  const bounds = fc.tuple(fc.nat(1_000), fc.nat(1_000)).map(([minMs, more]) => [minMs, minMs + more] as const);
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const property = fc.property(bounds, chance, fc.string(), ([minMs, maxMs], drawn, at) => {
    const ms = retryDelayMs({ type: "random", minMs: millis(minMs), maxMs: millis(maxMs) }, 1, path(at), drawn);
    assert.ok(Number.isInteger(ms) && ms >= minMs && ms <= maxMs, String(ms));
  });
  fc.assert(property);
});

test("[FAULT-2] the next attempt waits for its timer", () => {
  const run = new Driver(workflow([task("a", { fault: { retry: 1, backoff: wait(250) } })]))
    .start()
    .run("a", failure());
  assert.deepEqual(run.commands("timer"), [{ kind: "timer", timer: "backoff:a", at: 1_250 }]);
  assert.deepEqual(run.queued(), []);
  run.do({ kind: "timer", timer: "backoff:a" });
  assert.deepEqual(run.queued(), [], "too early: the timer is asked for again");
  run.advance(250).ring();
  assert.deepEqual(run.queued(), ["a"]);
});

function runFailing(then: FaultPolicy["then"]): Driver {
  const nodes = [task("a", { fault: { then } }), task("b", { dependsOn: ["a"] }), task("spare")];
  return new Driver(workflow(nodes)).start();
}

test("[FAULT-3] abort: the parent sees a failure", () => {
  const run = runFailing({ kind: "abort" }).run("a", failure());
  assert.deepEqual(run.states("a", "b", ""), ["failed", "cancelled", "failed"]);
});

test("[FAULT-3] skip: dependants go on with a null result", () => {
  const run = runFailing({ kind: "skip" }).run("a", failure()).runAll();
  assert.deepEqual(run.states("a", "b", ""), ["skipped", "completed", "completed"]);
  assert.deepEqual([run.line("a").reason, run.line("a").result], ["fault: exit code 3", null]);
});

test("[FAULT-3] runAlternative: the standby runs in the failed node's place, and its result stands for that node's", () => {
  const run = runFailing({ kind: "runAlternative", id: "spare" });
  assert.deepEqual(run.queued(), ["a"]);
  run.run("a", failure());
  assert.deepEqual(run.queued(), ["spare"]);
  run.run("spare", success("instead"));
  assert.deepEqual([run.line("a").state, run.line("a").result], ["failed", "instead"]);
  run.runAll();
  assert.deepEqual(run.states("b", "spare", ""), ["completed", "completed", "completed"]);
});

test("[FAULT-3] a standby that is not needed ends skipped, one that fails leaves the failure", () => {
  const unneeded = runFailing({ kind: "runAlternative", id: "spare" }).runAll();
  assert.deepEqual(unneeded.states("a", "spare", ""), ["completed", "skipped", "completed"]);
  const failed = runFailing({ kind: "runAlternative", id: "spare" }).run("a", failure()).run("spare", failure());
  assert.deepEqual(failed.states("a", "spare", "b", ""), ["failed", "failed", "cancelled", "failed"]);
});

test("[FAULT-4] compensateAndRetry undoes the completed tasks inside, newest first, before the next attempt", () => {
  const nodes = [task("a", undo("a")), task("b", undo("b")), task("c")];
  const fault = { then: { kind: "compensateAndRetry", times: 1 } } as const;
  const run = new Driver(workflow([pipeline("p", nodes, { fault })])).start();
  run.run("p/a").run("p/b").run("p/c", failure());
  assert.deepEqual(run.queued(), ["p/b"]);
  run.assign("p/b");
  const spec = run.commands("dispatch")[0]?.spec;
  assert.deepEqual([spec?.action, spec?.result], [{ kind: "run", script: "undo b", shell: "sh" }, "none"]);
  assert.deepEqual(run.states("p", "p/b"), ["failed", "completed"]);
  run.end("p/b").run("p/a");
  assert.deepEqual(run.states("p", "p/a", "p/b", "p/c"), ["running", "idle", "idle", "idle"]);
  run.runAll();
  assert.equal(run.stateOf(""), "completed");
});

test("[FAULT-4] a failed task's own compensation runs too, and one that fails fails the node and says so", () => {
  const fault = { then: { kind: "compensateAndRetry", times: 1 } } as const;
  const run = new Driver(workflow([task("a", { ...undo("a"), fault })])).start();
  run.run("a", failure()).run("a", failure("cannot undo"));
  assert.deepEqual(run.line("a").error, { code: "compensation", message: "undoing a failed: cannot undo" });
  assert.deepEqual(run.states("a", ""), ["failed", "failed"]);
});

test("[FAULT-4] onFailure: compensate undoes the whole run before it fails", () => {
  const nodes = [
    task("a", undo("a")),
    parallel("p", [task("b", undo("b"))], { dependsOn: ["a"] }),
    task("c", { dependsOn: ["p"] }),
  ];
  const run = new Driver(workflow(nodes, { onFailure: "compensate" })).start().run("a").run("p/b").run("c", failure());
  assert.deepEqual([run.stateOf(""), run.queued()], ["running", ["p/b"]]);
  run.run("p/b");
  assert.deepEqual(run.queued(), ["a"]);
  run.run("a");
  assert.deepEqual([run.stateOf(""), run.head().error?.message], ["failed", '"c" did not complete: exit code 3']);
});

test("[FAULT-5] a lost agent is no failure: the same attempt goes to another one", () => {
  const run = new Driver(workflow([task("a")])).start();
  const fence = run.assign("a", AGENT);
  run.do({ kind: "attempt-lost", path: path("a"), fence, reason: "no heartbeat for 20 s" });
  assert.deepEqual(
    [run.stateOf("a"), run.line("a").reason],
    ["suspended", "no heartbeat for 20 s; it waits for another agent"],
  );
  const second = run.assign("a", OTHER_AGENT);
  assert.deepEqual(
    [second > fence, run.commands("dispatch")[0]?.spec.attempt, run.line("a").agent],
    [true, 1, OTHER_AGENT],
  );
  assert.equal(run.refused({ kind: "attempt-ended", path: path("a"), fence, outcome: success("late") }), "stale");
  run.end("a", success("in time"));
  assert.equal(run.line("a").result, "in time");
});

test("[FAULT-5] above lossLimit the attempt fails, which a retry may mend", () => {
  const run = new Driver(workflow([task("a", { fault: { lossLimit: 1, retry: 1 } })])).start();
  for (const _ of [1, 2]) run.do({ kind: "attempt-lost", path: path("a"), fence: run.assign("a"), reason: "silent" });
  assert.deepEqual([run.reached("failed"), run.queued()], [["a"], ["a"]]);
  run.assign("a");
  assert.equal(run.commands("dispatch")[0]?.spec.attempt, 2);
});

test("[FAULT-7] an error around a run is an event of it and changes nothing else", () => {
  const run = new Driver(workflow([task("a")])).start();
  run.do({ kind: "error", message: "the observer threw" });
  assert.deepEqual(
    [run.events.at(-1)?.type, run.events.at(-1)?.reason, run.queued()],
    ["Error", "the observer threw", ["a"]],
  );
});

test("[FAULT-7] what cannot be evaluated fails its node with code expression", () => {
  const bad = task("a", { action: { kind: "argv", argv: [template("{{ variables.nothing }}")] }, fault: { retry: 5 } });
  const run = new Driver(workflow([bad])).start();
  assert.deepEqual([run.line("a").error?.code, run.line("a").attempt, run.stateOf("")], ["expression", 1, "failed"]);
});
