import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runCommand, startCommand, temporaryFolder } from "#test/support/command-process.ts";

const workflow = (name: string): string => fileURLToPath(new URL(`./workflows/${name}.yaml`, import.meta.url));
const QUICK = workflow("quick");
const FAILS = workflow("fails");
const STUCK = workflow("stuck");

test("[CLI-2] a run that completes exits 0, one that fails 1", async (t) => {
  const data = temporaryFolder(t);
  assert.equal((await runCommand(t, ["run", QUICK, "--data", data])).code, 0);
  assert.equal((await runCommand(t, ["run", FAILS, "--data", data])).code, 1);
});

test("[CLI-2] a run that is cancelled from elsewhere exits 4", async (t) => {
  const data = temporaryFolder(t);
  const run = startCommand(t, ["run", STUCK, "--data", data]);
  await run.saw(/run run-1 has started/);
  assert.equal((await runCommand(t, ["cancel", "last", "--data", data])).code, 0);
  assert.equal((await run.ended).code, 4);
});

test("[CLI-2] Ctrl-C pauses the run and exits 130", async (t) => {
  const data = temporaryFolder(t);
  const run = startCommand(t, ["run", STUCK, "--data", data, "--json"]);
  await run.saw(/"to":"running"/);
  run.kill("SIGINT");
  const { code, stdout, stderr } = await run.ended;
  assert.equal(code, 130);
  assert.match(
    stderr,
    /the run is left paused; go on with: lanweave serve \(or the app\), and then lanweave resume run-1/,
  );
  assert.equal(JSON.parse(stdout.trim().split("\n").at(-1) ?? "").state, "paused");
  const shown = await runCommand(t, ["show", "run-1", "--data", data, "--json"]);
  assert.equal(JSON.parse(shown.stdout).state, "paused");
});

test("[CLI-2] wrong use exits 2 and names the nearest command or option", async (t) => {
  const command = await runCommand(t, ["rns"]);
  assert.deepEqual([command.code, command.stderr], [2, "lanweave: unknown command 'rns' (Did you mean runs?)\n"]);
  const option = await runCommand(t, ["runs", "--jsn"]);
  assert.deepEqual([option.code, option.stderr], [2, "lanweave: unknown option '--jsn' (Did you mean --json?)\n"]);
  assert.equal((await runCommand(t, [])).code, 2);
  assert.equal((await runCommand(t, ["pause"])).code, 2);
  assert.equal((await runCommand(t, ["serve", "--port", "99999"])).code, 2);
});

test("[CLI-2] nothing to talk to exits 3 and says what to start", async (t) => {
  const data = temporaryFolder(t);
  for (const words of [["agents"], ["pause", "last"], ["drain", "a"], ["run", QUICK, "--detach"], ["show", "last"]]) {
    const { code, stderr } = await runCommand(t, [...words, "--data", data]);
    assert.equal(code, 3, words.join(" "));
    assert.match(stderr, /--data/);
  }
  assert.deepEqual(readdirSync(data), []);
});

test("[CLI-3] a past run can be looked at without a running coordinator", async (t) => {
  const data = temporaryFolder(t);
  await runCommand(t, ["run", QUICK, "--data", data]);
  const runs = await runCommand(t, ["runs", "--data", data]);
  assert.match(runs.stdout, /run-1 {2}quick/);
  assert.match((await runCommand(t, ["show", "run", "--data", data])).stdout, /quick completed/);
  assert.match((await runCommand(t, ["events", "last", "--data", data])).stdout, /running → completed/);
  assert.equal((await runCommand(t, ["logs", "last", "steps/one", "--data", data])).stdout, "first\nlast");
  assert.match((await runCommand(t, ["graph", "last", "--format", "dot", "--data", data])).stdout, /^dot of a run/);
});

test("[CLI-4] a run is named by a unique beginning, anything else is refused with what there is", async (t) => {
  const data = temporaryFolder(t);
  await runCommand(t, ["run", QUICK, "--data", data]);
  await runCommand(t, ["run", QUICK, "--data", data]);
  const ambiguous = await runCommand(t, ["show", "run-", "--data", data]);
  assert.deepEqual([ambiguous.code, /means 2 runs: run-1, run-2/.test(ambiguous.stderr)], [2, true]);
  const unknown = await runCommand(t, ["show", "rum-1", "--data", data]);
  assert.deepEqual([unknown.code, /did you mean run-1\?/.test(unknown.stderr)], [2, true]);
});

test("[CLI-5] inputs are typed by the workflow, and a wrong or unknown one exits 2", async (t) => {
  const data = temporaryFolder(t);
  const right = ["--input", "width=3", "--input", "name=a=b", "--input", "deep=true"];
  await runCommand(t, ["run", QUICK, "--data", data, ...right]);
  const { stdout } = await runCommand(t, ["show", "last", "--json", "--data", data]);
  assert.deepEqual(JSON.parse(stdout).inputs, { width: 3, name: "a=b", deep: true });
  const wrong = await runCommand(t, ["run", QUICK, "--data", data, "--input", "width=wide"]);
  assert.deepEqual([wrong.code, /expected a whole number/.test(wrong.stderr)], [2, true]);
  const unknown = await runCommand(t, ["run", QUICK, "--data", data, "--input", "widht=3"]);
  assert.deepEqual([unknown.code, /did you mean width\?/.test(unknown.stderr)], [2, true]);
});

test("[CLI-5] a workflow of the library is run by its name", async (t) => {
  const data = temporaryFolder(t);
  mkdirSync(join(data, "library"));
  copyFileSync(QUICK, join(data, "library", "quick.yaml"));
  assert.equal((await runCommand(t, ["run", "quick", "--data", data])).code, 0);
  const unknown = await runCommand(t, ["run", "quack", "--data", data]);
  assert.deepEqual([unknown.code, /quack.*quick/.test(unknown.stderr)], [2, true]);
});

test("[CLI-6] --detach needs a running coordinator, prints the run's id and leaves it running", async (t) => {
  const data = temporaryFolder(t);
  const host = startCommand(t, ["run", STUCK, "--data", data]);
  await host.saw(/run run-1 has started/);
  const detached = await runCommand(t, ["run", STUCK, "--detach", "--data", data]);
  assert.deepEqual([detached.code, detached.stdout], [0, "run-2\n"]);
  assert.equal((await runCommand(t, ["run", QUICK, "--detach", "--local", "1", "--data", data])).code, 2);
});

test("[CLI-7] --local agents at somebody else's coordinator end with the command", async (t) => {
  const data = temporaryFolder(t);
  const host = startCommand(t, ["run", STUCK, "--data", data]);
  await host.saw(/run run-1 has started/);
  const own = startCommand(t, ["run", STUCK, "--local", "2", "--data", data]);
  await own.saw(/run run-2 has started at the running coordinator/);
  own.kill("SIGINT");
  assert.equal((await own.ended).code, 130);
  const { stdout } = await runCommand(t, ["agents", "--json", "--data", data]);
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).name),
    ["studio"],
  );
});

test("[CLI-8] the second coordinator of a data folder says who holds it", async (t) => {
  const data = temporaryFolder(t);
  const first = startCommand(t, ["run", STUCK, "--data", data]);
  await first.saw(/run run-1 has started/);
  const second = await runCommand(t, ["serve", "--data", data]);
  assert.equal(second.code, 2);
  assert.ok(second.stderr.includes(`process id ${first.pid}`), second.stderr);
});

test("[CLI-8] after a coordinator was killed, the next one takes its data folder over", async (t) => {
  const data = temporaryFolder(t);
  const first = startCommand(t, ["run", STUCK, "--data", data]);
  await first.saw(/run run-1 has started/);
  first.kill("SIGKILL");
  await first.ended;
  assert.equal((await runCommand(t, ["run", QUICK, "--data", data])).code, 0);
});

test("a reader that leaves ends events --follow, and the command exits 0", async (t) => {
  const data = temporaryFolder(t);
  const host = startCommand(t, ["run", STUCK, "--data", data]);
  await host.saw(/run run-1 has started/);
  const follower = startCommand(t, ["events", "last", "--follow", "--data", data]);
  await follower.saw(/idle → running/);
  follower.closeStdout();
  await runCommand(t, ["pause", "last", "--data", data]);
  await runCommand(t, ["resume", "last", "--data", data]);
  assert.equal((await follower.ended).code, 0);
});
