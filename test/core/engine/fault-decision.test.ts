import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_DECIDED_ATTEMPTS, type FaultDecision } from "#core/engine/fault-decision.ts";
import type { NodeDefinition } from "#core/model/workflow.ts";
import { Driver, failure, millis, path, script, success, task, workflow } from "./support.ts";

function failed(nodes: readonly NodeDefinition[], decision: FaultDecision): Driver {
  const run = new Driver(workflow(nodes)).start();
  run.assign("a");
  return fail(run, decision);
}

function fail(run: Driver, decision: FaultDecision): Driver {
  return run.do({ kind: "attempt-ended", path: path("a"), fence: run.fence("a"), outcome: failure(), decision });
}

test("[FAULT-3] a decision to retry stands in for a policy that would abort, with a wait of its own", () => {
  const run = failed([task("a")], { kind: "retry", delayMs: millis(700) });
  assert.deepEqual([run.stateOf("a"), run.line("a").phase, run.queued()], ["idle", "backoff", []]);
  run.advance(700).ring();
  run.run("a");
  assert.deepEqual([run.stateOf("a"), run.line("a").attempt, run.stateOf("")], ["completed", 2, "completed"]);
});

test("[FAULT-3] a decision to retry without a wait of its own takes the policy's", () => {
  const backoff = { type: "fixed", delayMs: millis(300) } as const;
  const run = failed([task("a", { fault: { backoff } })], { kind: "retry", delayMs: null });
  assert.equal(run.advance(299).ring().line("a").phase, "backoff");
  assert.equal(run.advance(1).ring().line("a").phase, "queued");
});

test("[FAULT-3] a decision to abort or to skip stands in for a policy that would try again", () => {
  const node = task("a", { fault: { retry: 5 } });
  assert.equal(failed([node], { kind: "abort" }).stateOf("a"), "failed");
  const skipped = failed([node, task("b", { dependsOn: ["a"] })], { kind: "skip" });
  assert.deepEqual([skipped.stateOf("a"), skipped.queued()], ["skipped", ["b"]]);
});

test("[FAULT-4] a decision to compensate undoes the node before it is tried again", () => {
  const run = failed([task("a", { compensate: script("undo a") })], { kind: "compensate" });
  assert.deepEqual(run.commands("dispatch").length, 0);
  run.runAll();
  assert.deepEqual([run.stateOf("a"), run.line("a").attempt > 1], ["completed", true]);
});

test("[FAULT-3] a decision for an alternative needs a node that names it", () => {
  const then = { kind: "runAlternative", id: "b" } as const;
  const named = failed([task("a", { fault: { retry: 3, then } }), task("b")], { kind: "alternative" });
  assert.deepEqual([named.stateOf("a"), named.queued()], ["failed", ["b"]]);
  assert.equal(failed([task("a"), task("b")], { kind: "alternative" }).stateOf(""), "failed");
});

test("[FAULT-1] decisions to retry end at a limit", () => {
  const run = new Driver(workflow([task("a")])).start();
  for (let attempt = 1; attempt <= MAX_DECIDED_ATTEMPTS; attempt += 1) {
    run.assign("a");
    fail(run, { kind: "retry", delayMs: null });
  }
  assert.deepEqual([run.line("a").attempt, run.stateOf("a")], [MAX_DECIDED_ATTEMPTS, "failed"]);
});

test("[FILE-9] variables that a task wrote itself count when it completes, before its set does", () => {
  const set = { best: { kind: "expression", source: "variables.best + result" } } as const;
  const run = new Driver(workflow([task("a", { set })], { variables: { best: 1, other: 1 } })).start();
  run.assign("a");
  const ended = { kind: "attempt-ended", path: path("a"), fence: run.fence("a"), outcome: success(5) } as const;
  run.do({ ...ended, set: { other: 7 } });
  assert.deepEqual(run.head().variables, { best: 6, other: 7 });
});
