import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AgentTaskError,
  conditional,
  failure,
  loop,
  parallel,
  pending,
  pipeline,
  RefusedError,
  subworkflow,
  success,
  task,
  workflow,
  WorkflowEngine,
} from "#main/sdk/index.ts";
import { VirtualTime } from "./support.ts";

test("[SDK-3] functions run in the order of their dependencies and see each other's results", async () => {
  const order: string[] = [];
  const list = task("list", () => {
    order.push("list");
    return [3, 1, 2];
  });
  const sum = task("sum", { dependsOn: [list] }, async (ctx) => {
    await Promise.resolve();
    order.push("sum");
    return ctx.results.list.reduce((a, b) => a + b, 0);
  });
  const flow = workflow({ name: "adding", nodes: [sum, list], outputs: { sum: "nodes.sum.result" } });
  const result = await new WorkflowEngine(flow).execute();
  assert.deepEqual([result.ok && result.outputs, order], [{ sum: 6 }, ["list", "sum"]]);
});

test("[SDK-3] every kind of node runs: items, branches, iterations, and workflows inside", async () => {
  const double = workflow({
    name: "double",
    inputs: { value: { type: "integer" } },
    nodes: [task("twice", { args: "{{ inputs.value }}" }, (ctx) => Number(ctx.args) * 2)],
    outputs: { value: "nodes.twice.result" },
  });
  const flow = workflow({
    name: "all",
    variables: { count: 0 },
    nodes: [
      parallel("items", [task("square", (ctx) => Number(ctx.item) ** 2)], { forEach: [1, 2, 3] }),
      conditional("branch", { dependsOn: "items", if: "nodes.items.completed == 3", then: [task("yes", () => "yes")] }),
      loop("rounds", [task("round", { set: { count: "variables.count + 1" } }, (ctx) => ctx.iteration ?? 0)], {
        until: "variables.count >= 3",
      }),
      subworkflow("inner", double, { with: { value: 21 } }),
      pipeline("steps", [task("a", () => 1), task("b", (ctx) => Number(ctx.previous) + 1)]),
    ],
    outputs: {
      items: "nodes.items.result",
      branch: "nodes.branch.result",
      rounds: "nodes.rounds.iterations",
      inner: "nodes.inner.result",
      steps: "nodes.steps.result",
    },
  });
  const result = await new WorkflowEngine(flow).execute();
  assert.deepEqual(result.ok && result.outputs, {
    items: [1, 4, 9],
    branch: "yes",
    rounds: 3,
    inner: { value: 42 },
    steps: 2,
  });
});

test("[SDK-3] what a function throws fails its node, with its code; so does a result that is no JSON", async () => {
  const boom = Object.assign(new Error("no such file"), { code: "ENOENT" });
  const nodes = [
    task("thrown", () => {
      throw boom;
    }),
    task("told", () => failure("too few", "few")),
    task("big", () => 10n),
    task("fine", () => success("kept")),
  ] as const;
  const flow = workflow({ name: "failing", nodes: [parallel("all", nodes, { join: { count: 1, rest: "finish" } })] });
  const { run } = await new WorkflowEngine(flow).execute();
  const errors = run.nodes.filter(({ type }) => type === "task").map(({ path, error }) => [path, error?.code]);
  assert.deepEqual(errors, [
    ["all/thrown", "ENOENT"],
    ["all/told", "few"],
    ["all/big", "result"],
    ["all/fine", undefined],
  ]);
});

test("[SDK-3] no more functions run at once than the engine may run", async () => {
  let running = 0;
  let most = 0;
  const work = task("work", async () => {
    most = Math.max(most, (running += 1));
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  });
  const items = Array.from({ length: 20 }, (_, index) => index);
  const flow = workflow({ name: "many", nodes: [parallel("each", [work], { forEach: items })] });
  await new WorkflowEngine(flow, { concurrency: 4 }).execute();
  assert.equal(most, 4);
});

test("[SDK-3] tasks that need an agent are refused by name, and inputs are checked", async () => {
  const flow = workflow({
    name: "mixed",
    inputs: { width: { type: "integer", minimum: 1 } },
    nodes: [task("local", () => 1), pipeline("p", [task("remote", { run: "date" })])],
  });
  const refused = (error: unknown): boolean => error instanceof AgentTaskError && error.tasks.join() === "p/remote";
  await assert.rejects(new WorkflowEngine(flow).execute({ width: 1 }), refused);
  const narrow = workflow({
    name: "narrow",
    inputs: { width: { type: "integer", minimum: 1 } },
    nodes: [task("a", () => 1)],
  });
  await assert.rejects(new WorkflowEngine(narrow).execute({ width: 0 }), /expected at least 1, found 0/);
});

test("[SDK-3] sleep and timeouts pass in the engine's time, and a late result counts for nothing", async () => {
  const time = new VirtualTime();
  let aborted = false;
  const stuck = task("stuck", { fault: { timeout: "5s", then: "skip" } }, (ctx) => {
    ctx.signal.addEventListener("abort", () => (aborted = true));
    return new Promise<string>(() => {});
  });
  const flow = workflow({ name: "slow", nodes: [task("nap", { sleep: "2s" }), stuck] });
  const engine = new WorkflowEngine(flow, time.options);
  const ended = engine.execute();
  await time.advance(2_000);
  assert.deepEqual(
    engine.show().nodes.map(({ state }) => state),
    ["completed", "running"],
  );
  await time.advance(3_000);
  const { run } = await ended;
  assert.deepEqual([run.nodes[1]?.state, run.nodes[1]?.error?.code, aborted], ["skipped", "timeout", true]);
});

test("[NODE-11] a pending function waits for its result from outside, an approval for an answer", async () => {
  const time = new VirtualTime();
  const flow = workflow({
    name: "waiting",
    nodes: [task("outside", () => pending()), task("ask", { approve: "Go on?" })],
    outputs: { outside: "nodes.outside.result", ask: "nodes.ask.result" },
  });
  const engine = new WorkflowEngine(flow, time.options);
  const ended = engine.execute();
  await time.settle();
  assert.equal(engine.state, "running");
  await engine.complete("outside", { answer: 42 });
  await engine.approve("ask");
  const result = await ended;
  assert.deepEqual(result.ok && result.outputs, { outside: { answer: 42 }, ask: true });
  await assert.rejects(engine.approve("ask"), RefusedError);
});

test("[RUN-3] a paused engine lets functions end and starts nothing; cancelled, it aborts them", async () => {
  const time = new VirtualTime();
  const { promise, resolve } = Promise.withResolvers<string>();
  let isAborted = false;
  const first = task("first", () => promise);
  const second = task("second", { dependsOn: [first] }, (ctx) => {
    ctx.signal.addEventListener("abort", () => (isAborted = true));
    return new Promise<string>(() => {});
  });
  const engine = new WorkflowEngine(workflow({ name: "held", nodes: [first, second] }), time.options);
  const ended = engine.execute();
  await time.settle();
  await engine.pause();
  resolve("done");
  await time.settle();
  const states = () => engine.show().nodes.map(({ state }) => state);
  assert.deepEqual([engine.state, states()], ["paused", ["completed", "idle"]]);
  await engine.resume();
  await time.settle();
  assert.deepEqual(states(), ["completed", "running"]);
  await engine.cancel();
  const result = await ended;
  assert.deepEqual([result.ok, result.run.state, isAborted], [false, "cancelled", true]);
});
