import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MustWaitError,
  parallel,
  pending,
  pipeline,
  task,
  workflow,
  WorkflowEngine,
  type BuiltNode,
} from "#main/sdk/index.ts";

const engineOf = (...nodes: readonly BuiltNode[]): WorkflowEngine =>
  new WorkflowEngine(workflow({ name: "sync", nodes }));

function refusedNodes(engine: WorkflowEngine): readonly string[] {
  try {
    engine.executeSync();
  } catch (error) {
    if (error instanceof MustWaitError) return error.nodes;
    throw error;
  }
  return [];
}

test("[SDK-4] executeSync has the result when it returns", () => {
  const flow = workflow({
    name: "at once",
    nodes: [parallel("both", [task("a", () => 1), task("b", () => 2)])],
    outputs: { both: "nodes.both.result" },
  });
  const result = new WorkflowEngine(flow).executeSync();
  assert.deepEqual(result.ok && result.outputs, { both: { a: 1, b: 2 } });
});

test("[SDK-4] retries without a wait are no reason to refuse", () => {
  let calls = 0;
  const flaky = task("flaky", { fault: { retry: 2, backoff: { type: "fixed", delay: "0ms" } } }, () => {
    if ((calls += 1) < 3) throw new Error("not yet");
    return calls;
  });
  assert.equal(engineOf(flaky).executeSync().ok, true);
});

test("[SDK-4] executeSync refuses by name whatever must wait, before anything has run", () => {
  let calls = 0;
  const count = task("count", () => (calls += 1));
  const refused = refusedNodes(
    engineOf(
      count,
      task("nap", { sleep: "1s" }),
      task("ask", { approve: "Go on?" }),
      task("later", async () => 1),
      task("limited", { fault: { timeout: "1s" } }, () => 1),
      pipeline("p", [task("again", { fault: { retry: 1 } }, () => 1)]),
    ),
  );
  assert.deepEqual([refused, calls], [["nap", "ask", "later", "limited", "p/again"], 0]);
});

test("[SDK-4] executeSync refuses by name what turns out to wait when it runs", () => {
  assert.deepEqual(refusedNodes(engineOf(task("promise", () => Promise.resolve(1)))), ["promise"]);
  assert.deepEqual(refusedNodes(engineOf(pipeline("p", [task("outside", () => pending())]))), ["p/outside"]);
  assert.deepEqual(refusedNodes(engineOf(task("rejected", () => Promise.reject(new Error("no"))))), ["rejected"]);
  const engine = engineOf(
    task("failing", () => {
      throw new Error("no");
    }),
  );
  engine.setFaultHandler({ handleFault: () => ({ action: "retry", delay: "1s" }) });
  assert.deepEqual(refusedNodes(engine), ["failing"]);
});
