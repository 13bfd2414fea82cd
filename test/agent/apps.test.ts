import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { keyOf, specOf } from "#test/support/agent-link.ts";
import { lanweave } from "#test/support/fleet.ts";
import { eventually } from "#test/support/lines.ts";
import { stateOf } from "#test/support/processes.ts";
import { makeTwoApps } from "#test/support/two-apps.ts";

test("[FLEET-2] a person at the machine sees which apps may run things there, and ends one's pairing at once", async (context) => {
  const world = await makeTwoApps(context);
  const [one, two] = world.apps;
  const [first, second] = [await world.connect(one), await world.connect(two)];
  first.assign(specOf("a", "sleep 600"));
  second.assign(specOf("b", "sleep 1; echo still here"));
  const { pid } = await first.message("started");
  await second.message("started");
  if (process.getuid?.() === 0) {
    const warning = world.agent.stdout.all.find((line) => line.includes("runs-as-root"));
    assert.match(warning ?? "", /^\{"kind":"warning","code":"runs-as-root","message":"THE AGENT RUNS AS ROOT/);
    assert.match(world.agent.stderr.all.join("\n"), /THE AGENT RUNS AS ROOT/);
  } else context.diagnostic("only root can be warned of being root: not seen");
  const listed = await lanweave("agent", "apps", "--data", world.data);
  const names = listed.lines.map((line) => (line as { id: string; name: string }).name);
  assert.deepEqual(names, ["desk", "laptop"]);

  const forgotten = await lanweave("agent", "forget", "des", "--data", world.data);
  assert.deepEqual(forgotten.lines, [{ kind: "forgotten", id: one.authority.app, name: "desk" }]);
  assert.equal(forgotten.code, 0);
  await first.until("end of the link", () => first.closedWith).catch(() => undefined);
  assert.notEqual(first.closedWith, undefined);
  await eventually("the task has ended", 5_000, async () => /^(gone|Z)$/.test(stateOf(pid ?? 0)) || undefined);
  assert.equal(await world.refused(one), "refused");
  assert.deepEqual(await second.outcome(keyOf("b")).then(({ kind }) => kind), "success");
  assert.deepEqual(readdirSync(join(world.data, "trust", "pairings")), [`${two.authority.app}.json`]);
});

test("[FLEET-2] an app can be forgotten while the agent is off, and stays so", async (context) => {
  const world = await makeTwoApps(context);
  const [one, two] = world.apps;
  await world.end();
  const { code } = await lanweave("agent", "forget", one.authority.app, "--data", world.data);
  assert.equal(code, 0);
  const again = await lanweave("agent", "forget", one.authority.app, "--data", world.data);
  assert.deepEqual(
    again.lines.map((line) => (line as { code: string }).code),
    ["not-found"],
  );
  const nowhere = await lanweave("agent", "apps", "--data", join(world.folder, "none"));
  assert.equal(nowhere.code, 1);
  assert.equal(existsSync(join(world.folder, "none")), false);
  await world.start();
  assert.equal(await world.refused(one), "refused");
  assert.equal((await world.connect(two)).isOpen, true);
});
