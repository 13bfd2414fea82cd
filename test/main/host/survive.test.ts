import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { RunEvent } from "#core/model/event.ts";
import type { RunLine } from "#core/model/run.ts";
import { eventually } from "#test/support/lines.ts";
import { ROOT, endProcess, lanweave, startAgent, startCoordinator, temporaryFolder } from "#test/support/fleet.ts";

const EXPECTED = readFileSync(path.join(ROOT, "test/fixtures/picture.sha256"), "utf8").trim().split(/\s+/)[0];
const DEADLINE_MS = 120_000;

test("[RUN-8] [FLEET-5] a coordinator killed in the middle of the picture goes on where it was, and accepts nothing twice", async (context) => {
  const folder = temporaryFolder(context);
  const data = path.join(folder, "app");
  const first = await startCoordinator(null, data);
  context.after(() => endProcess(first));
  for (const name of ["one", "two"]) {
    const agent = await startAgent(
      null,
      name,
      path.join(folder, name),
      "--no-advertise",
      "--host",
      "127.0.0.1",
      "--port",
      "0",
    );
    context.after(() => endProcess(agent));
    const paired = await lanweave("pair", `127.0.0.1:${String(agent.ready.port)}`, agent.ready.code, "--data", data);
    assert.equal(paired.code, 0, paired.stderr);
  }
  const out = path.join(folder, "out");
  const detached = await lanweave("run", "examples/picture.yaml", "--detach", "--out", out, "--data", data);
  assert.equal(detached.code, 0, detached.stderr);
  const { run } = detached.lines.at(-1) as RunLine;
  const events = async (): Promise<RunEvent[]> => (await lanweave("events", run, "--data", data)).lines as RunEvent[];
  const completed = (all: readonly RunEvent[]): string[] =>
    all.filter((event) => event.to === "completed").map((event) => event.path);
  await eventually("some tiles are there", DEADLINE_MS, async () =>
    completed(await events()).length >= 5 ? true : undefined,
  );

  const before = await events();
  await endProcess(first, "SIGKILL");
  const second = await startCoordinator(null, data);
  context.after(() => endProcess(second));
  const done = await eventually("the run has ended", DEADLINE_MS, async () => {
    const shown = (await lanweave("show", run, "--data", data)).lines.at(-1) as RunLine;
    return shown.endedAt === null || shown.collection?.state === "pending" ? undefined : shown;
  });
  assert.equal(done.state, "completed", JSON.stringify(done.error));
  const after = await events();
  assert.deepEqual(after.slice(0, before.length), before, "nothing that was accepted is lost");
  assert.equal(new Set(completed(after)).size, completed(after).length, "nothing is accepted twice");
  assert.equal(
    createHash("sha256")
      .update(readFileSync(path.join(out, "picture.ppm")))
      .digest("hex"),
    EXPECTED,
  );
});
