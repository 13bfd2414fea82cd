import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import {
  AgentTaskError,
  Coordinator,
  MetricsCollector,
  MustWaitError,
  task,
  workflow,
  WorkflowEngine,
} from "#main/sdk/index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "lanweave-sdk-"));
after(() => rmSync(folder, { recursive: true, maxRetries: 5 }));
writeFileSync(
  path.join(folder, "words.mjs"),
  `export function count({ text }, ctx) {
  ctx.metric.counter("words", text.split(" ").length);
  ctx.log.info(ctx.path + " of " + ctx.workflow + ", attempt " + ctx.attempt);
  return { words: text.split(" ").length, key: ctx.key.endsWith("/" + ctx.path) };
}
`,
);

const flow = workflow({
  name: "words",
  folder,
  inputs: { text: { type: "string" } },
  nodes: [task("count", { script: { module: "words.mjs", export: "count", args: { text: "{{ inputs.text }}" } } })],
  outputs: { count: "nodes.count.result" },
});

test("[SDK-3, SDK-7] a workflow of scripts runs in this process and on a fleet, and comes to the same", async () => {
  const coordinator = new Coordinator({ data: path.join(folder, "data"), local: 1 });
  try {
    const here = new MetricsCollector();
    const there = new MetricsCollector();
    const engine = new WorkflowEngine(flow).addObserver(here);
    const local = await engine.execute({ text: "one two three" });
    const run = await coordinator.run(flow, { text: "one two three" });
    const remote = await run.addObserver(there).result;
    assert.deepEqual(local.ok && local.outputs, { count: { words: 3, key: true } });
    assert.deepEqual(remote.ok && remote.outputs, local.ok && local.outputs);
    assert.deepEqual([here.total("words"), there.metrics], [3, here.metrics]);
    const log = engine.events.find(({ reason }) => reason?.startsWith("info: "));
    assert.equal(log?.reason, "info: count of words, attempt 1");
  } finally {
    await coordinator.dispose();
  }
});

test("[SDK-3] a script that is not there fails its node; files and executeSync are refused by name", async () => {
  const missing = task("missing", { script: { module: "words.mjs", export: "cuont" } });
  const failed = await new WorkflowEngine(workflow({ name: "w", folder, nodes: [missing] })).execute();
  assert.match((!failed.ok && failed.error.message) || "", /to export a function "cuont"; it exports count/);
  assert.throws(
    () => new WorkflowEngine(flow).executeSync({ text: "" }),
    (error) => error instanceof MustWaitError,
  );
  const withFiles = task("files", { script: { module: "words.mjs" }, files: { out: "*.txt" } });
  const engine = new WorkflowEngine(workflow({ name: "w", folder, nodes: [withFiles] }));
  await assert.rejects(engine.execute(), (error) => error instanceof AgentTaskError && error.tasks.join() === "files");
});
