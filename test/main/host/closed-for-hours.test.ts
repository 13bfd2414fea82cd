import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { RunLine } from "#core/model/run.ts";
import { ask } from "#test/support/ask.ts";
import { endProcess, startAgent, startCoordinator, temporaryFolder } from "#test/support/fleet.ts";
import { eventually } from "#test/support/lines.ts";

const DEADLINE_MS = 30_000;
/** Door and link of the agent, the same after it has been started again. */
const PORT = 21_000 + (process.pid % 4_000) * 2;

test("[RUN-8] what agents finished while the app was closed comes home, though they were started again themselves", async (context) => {
  const folder = temporaryFolder(context);
  const at = (name: string): string => path.join(folder, name);
  const data = at("app");
  const file = at("late.yaml");
  const script = `while [ ! -e ${at("gate")} ]; do sleep 0.05; done; seq 1 5000; echo made > part.txt; echo x >> ${at("done")}`;
  writeFileSync(
    file,
    `lanweave: 1
name: late
nodes:
  - { id: a, type: task, result: lines, files: { out: [part.txt] }, run: '${script}' }
  - { id: b, type: task, dependsOn: [a], files: { in: ["{{ nodes.a.files }}"] }, run: "cat part.txt" }
collect: { "home/": nodes.a.files }
`,
  );
  const first = await startCoordinator(null, data);
  context.after(() => endProcess(first));
  const flags = ["--no-advertise", "--host", "127.0.0.1", "--port", String(PORT)];
  const agent = await startAgent(null, "one", at("agent"), ...flags);
  context.after(() => endProcess(agent));
  const target = `127.0.0.1:${String(agent.ready.port)}`;
  await ask(data, "fleet.pair", { target, code: agent.ready.code });
  const { run } = await ask(data, "run.start", { source: { kind: "file", file }, inputs: {}, out: at("out") });
  const shown = (): Promise<RunLine> => ask(data, "run.show", { run });
  await eventually("a runs", DEADLINE_MS, async () =>
    (await shown()).nodes.some(({ state }) => state === "running") ? true : undefined,
  );
  await endProcess(first, "SIGKILL");
  writeFileSync(at("gate"), "");
  await eventually("its outcome is kept", DEADLINE_MS, () => {
    const outbox = at("agent/outbox");
    const isKept = existsSync(outbox) && readdirSync(outbox).some((name) => name.endsWith(".json"));
    return Promise.resolve(isKept || undefined);
  });
  await endProcess(agent, "SIGKILL");
  const again = await startAgent(null, "one", at("agent"), ...flags);
  context.after(() => endProcess(again));
  const second = await startCoordinator(null, data);
  context.after(() => endProcess(second));
  const line = await eventually("all is home", DEADLINE_MS, async () => {
    const now = await shown();
    return now.endedAt === null || now.collection?.state === "pending" ? undefined : now;
  });
  assert.deepEqual([line.state, line.collection?.state, line.collection?.failure], ["completed", "done", null]);
  assert.equal(readFileSync(at("out/home/part.txt"), "utf8"), "made\n");
  assert.equal(readFileSync(at("done"), "utf8"), "x\n", "it was not done again");
  assert.deepEqual(
    line.nodes.map(({ attempt }) => attempt),
    [1, 1],
  );
  const { text } = await ask(data, "run.log", { run, path: "a", offset: 0 });
  assert.match(text, /4999\n5000/);
  const events = await ask(data, "run.events", { run, after: 0, limit: 1_000 });
  assert.equal(events.filter(({ path: of, to }) => of === "a" && to === "completed").length, 1);
});
