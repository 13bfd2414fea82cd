import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { RunEvent } from "#core/model/event.ts";
import type { RunLine } from "#core/model/run.ts";
import type { NodeInfo } from "#core/model/agent.ts";
import { eventually } from "#test/support/lines.ts";
import { canUseNetns, createLan } from "#test/support/netns.ts";
import {
  ROOT,
  endProcess,
  lanweave,
  startAgent,
  startCoordinator,
  taskCpuTicks,
  temporaryFolder,
} from "#test/support/fleet.ts";

const skip = canUseNetns() ?? false;
const EXPECTED = readFileSync(path.join(ROOT, "test/fixtures/picture.sha256"), "utf8").trim().split(/\s+/)[0];
const FROZEN_MS = 3_000;
const RUN_DEADLINE_MS = 120_000;

async function agents(data: string): Promise<NodeInfo[]> {
  return (await lanweave("agents", "--data", data)).lines as NodeInfo[];
}

async function show(run: string, data: string): Promise<RunLine> {
  const { lines } = await lanweave("show", run, "--data", data);
  return lines.at(-1) as RunLine;
}

function tilesDone(run: RunLine): number {
  return run.nodes.filter((node) => node.action !== null && node.state === "completed" && node.files.length > 0).length;
}

test(
  "[FLEET-1] [FLEET-2] [RUN-3] [RUN-4] three machines are found, paired, share the picture, and stand still while frozen",
  { skip },
  async (context) => {
    const lan = await createLan(4);
    context.after(() => lan.dispose());
    const folder = temporaryFolder(context);
    const data = path.join(folder, "app");
    const [home, ...machines] = lan.hosts;
    assert.ok(home);
    const coordinator = await startCoordinator(home, data);
    context.after(() => endProcess(coordinator));
    const started = await Promise.all(
      machines.map((host, index) => startAgent(host, `machine-${String(index + 1)}`, path.join(folder, String(index)))),
    );
    for (const agent of started) context.after(() => endProcess(agent));

    await eventually("all three are seen", 10_000, async () => ((await agents(data)).length === 3 ? true : undefined));
    for (const { ready } of started) {
      const paired = await lanweave("pair", ready.name, ready.code, "--data", data);
      assert.equal(paired.code, 0, paired.stderr);
    }
    await eventually("all three are online", 10_000, async () => {
      const known = await agents(data);
      return known.every((agent) => agent.paired && agent.status === "online") ? true : undefined;
    });

    const out = path.join(folder, "out");
    const detached = await lanweave("run", "examples/picture.yaml", "--detach", "--out", out, "--data", data);
    assert.equal(detached.code, 0, detached.stderr);
    const { run } = detached.lines.at(-1) as RunLine;
    await eventually("some tiles are there", RUN_DEADLINE_MS, async () =>
      tilesDone(await show(run, data)) >= 4 ? true : undefined,
    );

    assert.equal((await lanweave("pause", run, "--data", data)).code, 0);
    const frozen = await eventually("everything is frozen", 10_000, async () => {
      const shown = await show(run, data);
      return shown.state === "paused" && shown.inFlight === 0 && shown.frozen > 0 ? shown : undefined;
    });
    assert.ok(frozen.nodes.some((node) => node.state === "suspended"));
    const before = taskCpuTicks(run);
    assert.ok(before.size > 0, "there are processes to look at");
    await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
    assert.deepEqual(taskCpuTicks(run), before);

    assert.equal((await lanweave("resume", run, "--data", data)).code, 0);
    const done = await eventually("the run has ended, and its files are home", RUN_DEADLINE_MS, async () => {
      const shown = await show(run, data);
      return shown.endedAt === null || shown.collection?.state === "pending" ? undefined : shown;
    });
    assert.equal(done.state, "completed", JSON.stringify(done.error));
    assert.equal(done.collection?.state, "done", JSON.stringify(done.collection));
    assert.equal(
      createHash("sha256")
        .update(readFileSync(path.join(out, "picture.ppm")))
        .digest("hex"),
      EXPECTED,
    );
    assert.equal(new Set(done.nodes.flatMap((node) => node.agent ?? [])).size, 3, "all three worked");
    const { lines } = await lanweave("events", run, "--data", data);
    const completions = (lines as RunEvent[]).filter((event) => event.to === "completed").map((event) => event.path);
    assert.equal(new Set(completions).size, completions.length, "nothing is completed twice");
  },
);

test("[FLEET-2] a wrong code and a sixth try are refused, and the agent's log says so", { skip }, async (context) => {
  const lan = await createLan(2);
  context.after(() => lan.dispose());
  const folder = temporaryFolder(context);
  const data = path.join(folder, "app");
  const [home, machine] = lan.hosts;
  assert.ok(home && machine);
  const coordinator = await startCoordinator(home, data);
  context.after(() => endProcess(coordinator));
  const agent = await startAgent(machine, "studio", path.join(folder, "agent"));
  context.after(() => endProcess(agent));
  await eventually("it is seen", 10_000, async () => ((await agents(data)).length === 1 ? true : undefined));
  const wrong = agent.ready.code.startsWith("1") ? "200-000" : "100-000";
  for (let count = 0; count < 5; count++)
    assert.notEqual((await lanweave("pair", "studio", wrong, "--data", data)).code, 0);
  const sixth = await lanweave("pair", "studio", agent.ready.code, "--data", data);
  assert.notEqual(sixth.code, 0, "the right code is of no use after five wrong ones");
  await agent.stderr.until("a refusal in the agent's log", 5_000, (line) =>
    /wrong.code/i.test(line) ? true : undefined,
  );
});
