import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import type { RunEvent } from "#core/model/event.ts";
import type { NodeLine, RunLine } from "#core/model/run.ts";
import { eventually } from "#test/support/lines.ts";
import {
  endProcess,
  lanweave,
  startAgent,
  startCoordinator,
  taskCpuTicks,
  temporaryFolder,
} from "#test/support/fleet.ts";

const DEADLINE_MS = 30_000;

/** A coordinator and one agent with one slot, both real, and the commands that speak to them. */
class World {
  readonly folder: string;
  readonly #data: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#data = path.join(folder, "app");
  }

  static async start(context: TestContext): Promise<World> {
    const world = new World(temporaryFolder(context));
    const coordinator = await startCoordinator(null, world.#data);
    context.after(() => endProcess(coordinator));
    const flags = ["--no-advertise", "--host", "127.0.0.1", "--port", "0", "--slots", "1"];
    const agent = await startAgent(null, "one", path.join(world.folder, "one"), ...flags);
    context.after(() => endProcess(agent));
    await world.ask("pair", `127.0.0.1:${String(agent.ready.port)}`, agent.ready.code);
    return world;
  }

  /** The last line a command prints; it must succeed. */
  async ask(...words: readonly string[]): Promise<unknown> {
    const { code, lines, stderr } = await lanweave(...words, "--data", this.#data);
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
    return lines.at(-1);
  }

  async refused(...words: readonly string[]): Promise<string> {
    const { code, stderr } = await lanweave(...words, "--data", this.#data);
    assert.notEqual(code, 0);
    return stderr;
  }

  async run(text: string): Promise<string> {
    const file = path.join(this.folder, "workflow.yaml");
    writeFileSync(file, text);
    return ((await this.ask("run", file, "--detach")) as RunLine).run;
  }

  async node(run: string, name: string, fits: (node: NodeLine) => boolean): Promise<NodeLine> {
    return eventually(`${name} as wanted`, DEADLINE_MS, async () => {
      const { nodes } = (await this.ask("show", run)) as RunLine;
      return nodes.find((node) => node.path === name && fits(node));
    });
  }

  async events(run: string): Promise<readonly RunEvent[]> {
    const { lines } = await lanweave("events", run, "--data", this.#data);
    return lines as readonly RunEvent[];
  }
}

test("[NODE-11] [RUN-7] whatever a node waits for, it can be completed from outside with a result", async (context) => {
  const world = await World.start(context);
  const run = await world.run(`lanweave: 1
name: by-hand
nodes:
  - { id: running, type: task, run: "trap 'echo late; exit 0' TERM; echo up > ${path.join(world.folder, "up")}; while :; do sleep 0.1; done" }
  - { id: queued, type: task, run: echo never, needs: { labels: [nowhere] } }
  - { id: blocked, type: task, dependsOn: [queued, running], run: echo never }
  - { id: asks, type: task, approve: Go on? }
  - { id: answers, type: task, dependsOn: [asks], noop: {} }
  - { id: after, type: task, dependsOn: [blocked], noop: {} }
outputs: { running: nodes.running.result, queued: nodes.queued.result.n, asks: nodes.asks.result, blocked: nodes.blocked.result }
`);
  await eventually("the script is up", DEADLINE_MS, () =>
    Promise.resolve(taskCpuTicks(run).size > 0 && isThere(path.join(world.folder, "up")) ? true : undefined),
  );
  await world.node(run, "queued", ({ phase }) => phase === "queued");
  await world.node(run, "asks", ({ state }) => state === "running" || state === "suspended");

  // Blocked, queued, running and asking: each at once, in the least likely order.
  await world.ask("complete", run, "blocked", "--result", '"early"');
  await world.ask("complete", run, "running", "--result", '["by hand"]');
  await world.ask("complete", run, "queued", "--result", '{"n":42}');
  await world.ask("complete", run, "asks", "--result", '"yes, outside"');
  const done = await eventually("the run has ended", DEADLINE_MS, async () => {
    const shown = (await world.ask("show", run)) as RunLine;
    return shown.endedAt === null ? undefined : shown;
  });
  assert.deepEqual(
    [done.state, done.outputs],
    ["completed", { running: ["by hand"], queued: 42, asks: "yes, outside", blocked: "early" }],
  );
  await eventually("its process is gone", DEADLINE_MS, () =>
    Promise.resolve(taskCpuTicks(run).size === 0 ? true : undefined),
  );
  const events = await world.events(run);
  const completions = events.filter(({ path: of, to }) => of === "running" && to === "completed");
  assert.equal(completions.length, 1, "the late result of the stopped attempt counts for nothing");
  assert.match(completions[0]?.reason ?? "", /^completed by /);

  // The slot is free again.
  const next = await world.run("lanweave: 1\nname: next\nnodes:\n  - { id: a, type: task, run: echo free }\n");
  assert.equal((await world.node(next, "a", ({ state }) => state === "completed")).result, "free");
  assert.match(await world.refused("complete", next, "a", "--result", "1e999"), /--result expects JSON .* found 1e999/);
  assert.match(await world.refused("complete", next, "nobody", "--result", "1"), /nobody/);
});

test("[NODE-10] [FILE-3] what shells and functions report from a real agent becomes events of the run", async (context) => {
  const world = await World.start(context);
  writeFileSync(
    path.join(world.folder, "m.ts"),
    `export default (args: string, ctx: any) => { ctx.log.warning(args + " " + ctx.path); ctx.progress(0.5); ctx.event("half", { of: ctx.attempt });
      ctx.metric.text("m", "t"); if (ctx.attempt === 1) throw new Error("once more"); return [ctx.timing.readyAt > 0, ctx.timing.startedAt >= ctx.timing.readyAt]; };`,
  );
  const run = await world.run(`lanweave: 1
name: reports
nodes:
  - id: shell
    type: task
    run: |
      echo '{"progress": 0.5}' >> "$LANWEAVE_REPORT"
      echo '{"metric": "rows", "value": 3, "type": "counter"}' > "$LANWEAVE_REPORT"
      echo '{"log": "half way", "level": "error"}' > "$LANWEAVE_REPORT"
      echo '{"event": "uploaded", "data": {"id": 7}}' > "$LANWEAVE_REPORT"
      echo "$LANWEAVE_STATE $LANWEAVE_WORKFLOW $LANWEAVE_PATH $LANWEAVE_LEVEL $LANWEAVE_ATTEMPT $LANWEAVE_KEY $((LANWEAVE_STARTED_AT - LANWEAVE_READY_AT >= 0))"
  - id: inside
    type: pipeline
    dependsOn: [shell]
    nodes: [ { id: function, type: task, script: { module: m.ts, args: "{{ nodes.shell.state }}" }, fault: { retry: 1, backoff: { type: fixed, delay: 1ms } } } ]
`);
  await world.node(run, "inside", ({ state }) => state === "completed");
  const { nodes } = (await world.ask("show", run)) as RunLine;
  assert.deepEqual(
    nodes.map(({ path: of, result, attempt }) => [of, result, attempt]),
    [
      ["shell", `running reports shell 1 1 ${run}/shell 1`, 1],
      ["inside", [true, true], 1],
      ["inside/function", [true, true], 2],
    ],
  );
  const events = await world.events(run);
  const told = (of: string): unknown[] =>
    events
      .filter(({ path: at, message }) => at === of && message.startsWith(`${of} reports: `))
      .map(({ type, message }) => [type, message.slice(`${of} reports: `.length)]);
  assert.deepEqual(told("shell"), [
    ["MetricUpdate", "50 % done"],
    ["MetricUpdate", 'rows is {"kind":"counter","value":3}'],
    ["Custom", "error: half way"],
    ["Custom", "uploaded"],
  ]);
  const once = (attempt: number): unknown[] => [
    ["Custom", "warning: completed inside/function"],
    ["MetricUpdate", "50 % done"],
    ["Custom", "half"],
    ["MetricUpdate", 'm is {"kind":"text","text":"t"}'],
    ...(attempt === 1 ? once(2) : []),
  ];
  assert.deepEqual(told("inside/function"), once(1));
  assert.ok(
    events.some(
      ({ path: of, reason, message }) => of === "inside/function" && /once more/.test(`${reason} ${message}`),
    ),
  );
});

function isThere(file: string): boolean {
  try {
    return readFileSync(file).length > 0;
  } catch {
    // Not yet.
    return false;
  }
}
