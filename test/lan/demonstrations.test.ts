import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readlinkSync, readdirSync } from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import type { NodeInfo } from "#core/model/agent.ts";
import type { RunLine } from "#core/model/run.ts";
import { type Work, toWork } from "../drill/works.ts";
import { ROOT, endProcess, lanweave, startAgent, startCoordinator, temporaryFolder } from "#test/support/fleet.ts";
import { eventually } from "#test/support/lines.ts";
import { canUseNetns, createLan } from "#test/support/netns.ts";

const skip = canUseNetns() ?? false;
const RUN_MS = 60_000;

/** Three machines of a LAN and the app's, paired; gives the app's data folder. */
async function openFleet(context: TestContext, folder: string): Promise<string> {
  const lan = await createLan(4);
  context.after(() => lan.dispose());
  const data = path.join(folder, "app");
  const [home, ...machines] = lan.hosts;
  assert.ok(home);
  const names = ["amber", "birch", "cedar"];
  const [coordinator, ...agents] = await Promise.all([
    startCoordinator(home, data),
    ...machines.map((host, at) => startAgent(host, names[at] ?? "", path.join(folder, `agent-${String(at)}`))),
  ]);
  for (const started of [coordinator, ...agents]) context.after(() => endProcess(started));
  const all = async (isWanted: (agent: NodeInfo) => boolean): Promise<true | undefined> => {
    const known = (await lanweave("agents", "--data", data)).lines as NodeInfo[];
    return known.length === agents.length && known.every(isWanted) ? true : undefined;
  };
  await eventually("all are seen", 10_000, () => all(() => true));
  await Promise.all(agents.map(({ ready }) => lanweave("pair", ready.name, ready.code, "--data", data)));
  await eventually("all are online", 10_000, () => all(({ status }) => status === "online"));
  return data;
}

/** Starts a demonstration, answers what it asks, and waits for its end. */
async function play(data: string, work: Work, out: string, ...more: readonly string[]): Promise<RunLine> {
  const inputs = Object.entries(work.inputs).flatMap(([name, value]) => ["--input", `${name}=${value}`]);
  const words = [path.join(ROOT, work.file), "--detach", "--out", out, ...inputs, ...more, "--data", data];
  const { code, lines, stderr } = await lanweave("run", ...words);
  assert.equal(code, 0, stderr);
  const { run } = lines.at(-1) as RunLine;
  return eventually(`${work.file} has ended`, RUN_MS, async () => {
    const shown = (await lanweave("show", run, "--data", data)).lines.at(-1) as RunLine;
    const question = shown.nodes.find(({ action, state }) => action === "approve" && state === "running");
    if (question !== undefined) await lanweave("approve", run, question.path, "--data", data);
    return shown.endedAt === null || shown.collection?.state === "pending" ? undefined : shown;
  });
}

function assertRight(work: Work, shown: RunLine, out: string): void {
  assert.equal(shown.state, "completed", shown.reason ?? "");
  for (const [name, value] of Object.entries(work.outputs)) assert.deepEqual(shown.outputs?.[name], value, name);
  if (work.collected !== null) {
    const bytes = readFileSync(path.join(out, work.collected.name));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), work.collected.sha256);
  }
  work.check(shown.outputs ?? {}, []);
}

test(
  "[FLEET-9] [FAULT-4] all four demonstrations come to their digests on three machines of a LAN",
  { skip },
  async (context) => {
    const folder = temporaryFolder(context);
    const data = await openFleet(context, folder);
    for (const name of ["picture", "sort", "backup", "release"] as const) {
      const out = path.join(folder, name);
      mkdirSync(out);
      const work = toWork(name, out);
      const shown = await play(data, work, out);
      assertRight(work, shown, out);
      const agents = new Set(shown.nodes.flatMap(({ agent }) => agent ?? []));
      assert.equal(agents.size, 3, `${name}: all three worked`);
      if (name === "backup") assert.deepEqual(shown.outputs?.["proof"], "2 copies, 1 undone");
    }
    const fleet = path.join(folder, "release", "fleet");
    const failed = await play(
      data,
      { ...toWork("release", path.join(folder, "release")), inputs: { fleet, version: "3.0", sick: "2" } },
      folder,
    );
    assert.equal(failed.state, "failed");
    assert.match(failed.reason ?? "", /the machine is sick/);
    const links = readdirSync(fleet).map((machine) => readlinkSync(path.join(fleet, machine, "current")));
    assert.deepEqual(links, ["2.0", "2.0", "2.0"], "all are switched back");
  },
);

test("[CLI-7] the backup and the release run on three agents of this machine as well", async (context) => {
  const folder = temporaryFolder(context);
  await Promise.all(
    (["backup", "release"] as const).map(async (name) => {
      const [out, data] = [path.join(folder, name), path.join(folder, `${name}-data`)];
      mkdirSync(out);
      const work = toWork(name, out);
      const inputs = Object.entries(work.inputs).flatMap(([input, value]) => ["--input", `${input}=${value}`]);
      const words = [path.join(ROOT, work.file), "--local", "3", "--out", out, ...inputs, "--data", data];
      const running = lanweave("run", ...words);
      if (name === "release")
        await eventually("it asks, and is answered", RUN_MS, async () =>
          (await lanweave("approve", "last", "ask", "--data", data)).code === 0 ? true : undefined,
        );
      const { code, lines, stderr } = await running;
      assert.equal(code, 0, stderr);
      assertRight(work, lines.at(-1) as RunLine, out);
    }),
  );
});
