import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MetricsCollector,
  type NodePath,
  parallel,
  type RunEvent,
  task,
  workflow,
  WorkflowEngine,
  WorkflowVisualizer,
} from "#main/sdk/index.ts";
import { VirtualTime } from "./support.ts";

test("[SDK-6, NODE-10] a function knows its place, its state and its timing", async () => {
  const time = new VirtualTime();
  const seen: unknown[] = [];
  const look = task(
    "look",
    { dependsOn: "before", fault: { retry: 1, backoff: { type: "fixed", delay: "2s" } } },
    (ctx) => {
      const { path, level, attempt, state, item, index, workflow, timing } = ctx;
      seen.push({
        path,
        level,
        attempt,
        state,
        item,
        index,
        workflow,
        wait: timing.wait,
        before: ctx.node("before")?.state,
      });
      if (attempt === 1) throw new Error("once more");
    },
  );
  const before = task("before", () => 1);
  const flow = workflow({ name: "places", nodes: [parallel("each", [before, look], { forEach: ["x"] })] });
  const ended = new WorkflowEngine(flow, time.options).execute();
  await time.advance(2_000);
  assert.equal((await ended).ok, true);
  const place = {
    path: "each[0]/look",
    level: 3,
    state: "running",
    item: "x",
    index: 0,
    workflow: "places",
    before: "completed",
  };
  assert.deepEqual(seen, [
    { ...place, attempt: 1, wait: 0 },
    { ...place, attempt: 2, wait: 0 },
  ]);
});

test("[SDK-6] variables are read as they are now, and written when the task completes", async () => {
  const seen: unknown[] = [];
  const flow = workflow(
    { name: "variables", variables: { total: 1, note: "" }, outputs: { total: "variables.total" } },
    ({ task }) => [
      task("add", (ctx) => {
        ctx.variables.set("total", ctx.variables.get("total") + 1);
        seen.push(ctx.variables.get("total"));
      }),
      task("failing", { dependsOn: "add", fault: { then: "skip" } }, (ctx) => {
        ctx.variables.set("total", 100);
        throw new Error("what it wrote is forgotten");
      }),
      task("last", { dependsOn: "failing" }, (ctx) => void seen.push(ctx.variables.get("total"))),
    ],
  );
  const result = await new WorkflowEngine(flow).execute();
  assert.deepEqual([result.ok && result.outputs, seen], [{ total: 2 }, [2, 2]]);
});

test("[SDK-6] a variable that is not declared is refused by name", async () => {
  const flow = workflow({
    name: "w",
    variables: { known: 1 },
    nodes: [task("a", (ctx) => ctx.variables.set("unknown", 1))],
  });
  const { run } = await new WorkflowEngine(flow).execute();
  assert.match(run.nodes[0]?.error?.message ?? "", /no variable "unknown"; it has known/);
});

test("[SDK-6, NODE-10] log lines, progress, metrics and custom events are events of the run", async () => {
  const told: string[] = [];
  const collector = new MetricsCollector();
  const speak = task("speak", (ctx) => {
    ctx.log.debug("d");
    ctx.log.info("i");
    ctx.log.warning("w");
    ctx.log.error("e");
    ctx.progress(0.5);
    ctx.event("milestone", { reached: 1 });
    ctx.metric.counter("files", 2);
    ctx.metric.counter("files", 3);
    ctx.metric.gauge("load", 0.5);
    ctx.metric.histogram("sizes", [1]);
    ctx.metric.histogram("sizes", [2]);
    ctx.metric.timer("took", 12.6);
    ctx.metric.text("host", "here");
  });
  const engine = new WorkflowEngine(workflow({ name: "w", nodes: [speak] }));
  const onEvent = ({ type, reason, data }: RunEvent): void => {
    if (data["kind"] === "report") told.push(`${type} ${reason}`);
  };
  await engine.addObserver(collector).addObserver({ onEvent }).execute();
  assert.deepEqual(told.slice(0, 7), [
    "Custom debug: d",
    "Custom info: i",
    "Custom warning: w",
    "Custom error: e",
    "MetricUpdate 50 % done",
    "Custom milestone",
    'MetricUpdate files is {"kind":"counter","value":2}',
  ]);
  const reported = collector.metrics.get("speak" as NodePath);
  assert.deepEqual(reported, collector.metrics.get("" as NodePath));
  assert.deepEqual(
    reported?.map((one) => [one.name, one.kind, "value" in one ? one.value : "text" in one ? one.text : one.sum]),
    [
      ["files", "counter", 5],
      ["host", "text", "here"],
      ["load", "gauge", 0.5],
      ["sizes", "histogram", 3],
      ["took", "timer", 13],
    ],
  );
  assert.equal(collector.total("files"), 5);
});

test("[MET-1, MET-2] timings are there at the end, and a run is drawn with its states", async () => {
  const time = new VirtualTime();
  const collector = new MetricsCollector();
  const engine = new WorkflowEngine(workflow({ name: "w", nodes: [task("nap", { sleep: "3s" })] }), time.options);
  const draw = new WorkflowVisualizer("json");
  assert.equal(JSON.parse(draw.generate(engine)).kind, "definition");
  const ended = engine.addObserver(collector).execute();
  await time.advance(3_000);
  const { run } = await ended;
  assert.deepEqual([...collector.nodeTimings.values()], [{ wait: 0, execution: 3_000, total: 3_000 }]);
  assert.match(collector.report(), /nap +completed/);
  assert.deepEqual([JSON.parse(draw.generate(engine)).state, draw.generate(run)], ["completed", draw.generate(engine)]);
  for (const format of ["dot", "mermaid", "yaml"] as const)
    assert.match(new WorkflowVisualizer(format).generate(engine), /completed/);
});
