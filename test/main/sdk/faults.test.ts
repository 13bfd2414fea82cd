import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defaultFaultHandler,
  defaultScheduler,
  FaultAction,
  type FaultHandler,
  type RunEvent,
  subworkflow,
  task,
  workflow,
  WorkflowEngine,
  type WorkflowObserver,
} from "#main/sdk/index.ts";
import { MAX_RECORDED_FAILURES } from "#main/sdk/observer.ts";
import { VirtualTime } from "./support.ts";

/** A task that fails so often. */
function failing(id: string, times: number, fault = {}) {
  return task(id, { fault }, (ctx) => {
    if (ctx.attempt <= times) throw new Error(`failure ${ctx.attempt}`);
    return ctx.attempt;
  });
}

const errorsOf = (events: readonly RunEvent[]): readonly (string | null)[] =>
  events.filter(({ type }) => type === "Error").map(({ reason }) => reason);

test("[SDK-5] the policy of a fault handler holds for tasks without one, also in workflows inside", async () => {
  const time = new VirtualTime();
  const inner = workflow({ name: "inner", nodes: [failing("deep", 2)] });
  const flow = workflow({
    name: "outer",
    nodes: [failing("own", 2, { retry: 1 }), failing("given", 3), subworkflow("sub", inner)],
  });
  const engine = new WorkflowEngine(workflow({ name: "w", nodes: [failing("a", 3)] }), time.options);
  const policy = defaultFaultHandler()
    .withRetryLimit(3)
    .withBackoff({ type: "exponential", initial: "1s", factor: 2, max: "3s" });
  const ended = engine.setFaultHandler(policy).execute();
  await time.advance(1_000 + 2_000 + 2_999);
  assert.equal(engine.state, "running");
  await time.advance(1);
  assert.equal((await ended).ok, true);

  const { nodes } = new WorkflowEngine(flow).setFaultHandler(policy).workflow.definition;
  assert.deepEqual(
    nodes.map(({ fault }) => fault.retry),
    [1, 3, 0],
  );
  const [, , sub] = nodes;
  assert.ok(sub?.type === "subworkflow");
  assert.deepEqual(
    sub.definition.nodes.map(({ fault }) => fault.retry),
    [3],
  );
});

test("[SDK-5] a handler decides about each failed attempt: retry with its own wait, skip, abort", async () => {
  const time = new VirtualTime();
  const asked: string[] = [];
  const handler: FaultHandler = {
    handleFault(run, nodeId, error) {
      asked.push(`${nodeId}#${run.node(nodeId)?.attempt}: ${error.message}`);
      if (nodeId === "skip") return FaultAction.skip;
      if (nodeId === "abort") return FaultAction.abort;
      return FaultAction.retry("10s");
    },
  };
  const nodes = [failing("retry", 1), failing("skip", 1, { retry: 5 }), failing("none", 0)];
  const engine = new WorkflowEngine(workflow({ name: "w", nodes }), time.options);
  const ended = engine.setFaultHandler(handler).execute();
  await time.advance(9_999);
  assert.equal(engine.state, "running");
  await time.advance(1);
  const { run } = await ended;
  assert.deepEqual(
    run.nodes.map(({ state, attempt }) => [state, attempt]),
    [
      ["completed", 2],
      ["skipped", 1],
      ["completed", 1],
    ],
  );
  assert.deepEqual(asked, ["retry#1: failure 1", "skip#1: failure 1"]);

  const aborting = new WorkflowEngine(
    workflow({ name: "w", nodes: [failing("abort", 1, { retry: 5 })] }),
    time.options,
  );
  assert.equal((await aborting.setFaultHandler(handler).execute()).ok, false);
});

test("[SDK-5] a handler has what was done undone, and the alternative run", async () => {
  const undone: string[] = [];
  let calls = 0;
  const undo = task("made", { compensate: () => void undone.push("made") }, () => {
    if ((calls += 1) < 3) throw new Error("no");
    return "made";
  });
  const instead = [failing("main", 9, { then: { runAlternative: "spare" } }), task("spare", () => "spare")];
  const handler: FaultHandler = {
    handleFault: (_, nodeId) =>
      nodeId === "made" ? FaultAction.compensateAndRetry : FaultAction.runAlternative("spare"),
  };
  const first = new WorkflowEngine(workflow({ name: "w", nodes: [undo] })).setFaultHandler(handler);
  const time = new VirtualTime();
  const engine = new WorkflowEngine(first.workflow, time.options).setFaultHandler(handler);
  const ended = engine.execute();
  await time.advance(60_000);
  assert.deepEqual([(await ended).ok, undone], [true, ["made", "made"]]);

  const second = new WorkflowEngine(workflow({ name: "w", nodes: instead, outputs: { main: "nodes.main.result" } }));
  const result = await second.setFaultHandler(handler).execute();
  assert.deepEqual(result.ok && result.outputs, { main: "spare" });
});

test("[FAULT-7] a fault handler that throws, or says nonsense, is an Error event, and the policy decides", async () => {
  const broken: readonly FaultHandler["handleFault"][] = [
    () => {
      throw new Error("oops");
    },
    () => FaultAction.runAlternative("nobody"),
    () => JSON.parse('{"action":"pray"}'),
    () => JSON.parse('{"action":"retry","delay":"soon"}'),
  ];
  for (const handleFault of broken) {
    const fault = { retry: 1, backoff: { type: "fixed", delay: "0ms" } };
    const engine = new WorkflowEngine(workflow({ name: "w", nodes: [failing("a", 1, fault)] }));
    const { ok } = await engine.setFaultHandler({ handleFault }).execute();
    assert.equal(ok, true);
    assert.match(errorsOf(engine.events).join(), /^the fault handler failed for a, its policy decides: /);
  }
});

test("[FAULT-7, MET-3] an observer that throws is an Error event of the run and stops nothing", async () => {
  const seen: string[] = [];
  const broken: WorkflowObserver = {
    onNodeStateChange() {
      throw new Error("broken observer");
    },
    onWorkflowCompleted() {
      throw new Error("broken at the end");
    },
  };
  const sound: WorkflowObserver = {
    onNodeStateChange: (nodeId, from, to) => seen.push(`${nodeId}: ${from} -> ${to}`),
    onWorkflowStateChange: (from, to) => seen.push(`${from} -> ${to}`),
    onWorkflowCompleted: (isSuccess) => seen.push(`completed ${isSuccess}`),
  };
  const engine = new WorkflowEngine(workflow({ name: "w", nodes: [task("a", () => 1)] }));
  const { ok } = await engine.addObserver(broken).addObserver(sound).execute();
  const told = ["idle -> running", "a: idle -> running", "a: running -> completed", "running -> completed"];
  assert.deepEqual([ok, seen], [true, [...told, "completed true"]]);
  assert.deepEqual(errorsOf(engine.events), [
    "an observer failed in onNodeStateChange: broken observer",
    "an observer failed in onNodeStateChange: broken observer",
    "an observer failed in onWorkflowCompleted: broken at the end",
  ]);
  assert.deepEqual(
    engine.events.map(({ seq }) => seq),
    engine.events.map((_, index) => index + 1),
  );
});

test("[FAULT-7] an observer that fails at every event, also at that of its failure, comes to a limit", async () => {
  const engine = new WorkflowEngine(workflow({ name: "w", nodes: [task("a", () => 1)] }));
  engine.addObserver({
    onEvent() {
      throw new Error("always");
    },
  });
  assert.equal((await engine.execute()).ok, true);
  const errors = errorsOf(engine.events);
  assert.equal(errors.length, MAX_RECORDED_FAILURES);
  assert.match(errors.at(-1) ?? "", /its further failures are not recorded$/);
});

test("[SDK-8] a scheduler of a program's own says what begins", async () => {
  const order: string[] = [];
  const nodes = ["a", "b", "c"].map((id) => task(id, () => order.push(id)));
  const engine = new WorkflowEngine(workflow({ name: "w", nodes }), { concurrency: 1 });
  const backwards = {
    ...defaultScheduler,
    schedule: (
      fleet: Parameters<typeof defaultScheduler.schedule>[0],
      queue: Parameters<typeof defaultScheduler.schedule>[1],
    ) => defaultScheduler.schedule(fleet, [...queue].reverse()),
  };
  await engine.setScheduler(backwards).execute();
  assert.deepEqual(order, ["c", "b", "a"]);
});

test("[FAULT-7] a scheduler that throws, or lets everything wait, is an Error event, and the default one does its work", async () => {
  for (const schedule of [
    () => {
      throw new Error("no idea");
    },
    () => ({ placements: [], waiting: [] }),
  ]) {
    const engine = new WorkflowEngine(
      workflow({ name: "w", nodes: [task("a", () => 1), task("b", { dependsOn: "a" }, () => 2)] }),
    );
    assert.equal((await engine.setScheduler({ schedule, reschedule: schedule }).execute()).ok, true);
    const [message, ...more] = errorsOf(engine.events);
    assert.match(message ?? "", /^the scheduler failed, the default one does its work: /);
    assert.deepEqual(more, []);
  }
});
