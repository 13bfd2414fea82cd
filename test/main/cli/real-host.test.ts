import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { LANWEAVE, runCommand, startCommand, temporaryFolder } from "#test/support/command-process.ts";

const GREET =
  "lanweave: 1\nname: greet\nnodes:\n  - { id: greet, type: task, run: echo hello }\noutputs: { said: nodes.greet.result.trim() }\n";
const WAIT =
  "lanweave: 1\nname: wait\ninputs: { mark: { type: string } }\nnodes:\n  - { id: wait, type: task, run: 'echo > {{ inputs.mark }}; sleep 60' }\n";
const real = { script: LANWEAVE };

test("[CLI-1, CLI-7] run --local brings its own agent, prints events and then the run, and leaves nothing running", async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, "data");
  writeFileSync(join(folder, "greet.yaml"), GREET);
  const words = ["run", join(folder, "greet.yaml"), "--local", "1", "--json", "--data", data];
  const { code, stdout, stderr } = await runCommand(t, words, real);
  assert.equal(code, 0, stderr);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const events = lines.slice(0, -1);
  assert.deepEqual(
    events.map(({ kind, seq }) => [kind, seq]),
    events.map((_, index) => ["event", index + 1]),
  );
  const { kind, state, outputs } = lines.at(-1);
  assert.deepEqual({ kind, state, outputs }, { kind: "run", state: "completed", outputs: { said: "hello" } });
  assert.equal((await runCommand(t, ["logs", "last", "greet", "--data", data], real)).stdout, "hello\n");
  assert.equal((await runCommand(t, ["agents", "--data", data], real)).code, 3);
});

test("[CLI-2] Ctrl-C stops the processes of a run in place before the command ends", async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, "data");
  writeFileSync(join(folder, "wait.yaml"), WAIT);
  const words = ["run", join(folder, "wait.yaml"), "--local", "1", "--json", "--data", data];
  const run = startCommand(t, [...words, "--input", `mark=${join(folder, "mark")}`], real);
  for await (const { filename } of watch(folder, { signal: AbortSignal.timeout(30_000) }))
    if (filename === "mark") break;
  run.kill("SIGINT");
  const { code, stdout } = await run.ended;
  assert.equal(code, 130);
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  assert.deepEqual([last.state, last.inFlight], ["paused", 0]);
});

test("[CLI-10] without an agent run says what to do, waits and shows why", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "greet.yaml"), GREET);
  const words = ["run", join(folder, "greet.yaml"), "--no-discovery", "--data", join(folder, "data")];
  const run = startCommand(t, words, real);
  await run.saw(/no agent is paired .*--local 2.*lanweave agent/s);
  await run.saw(/greet waits: /);
  run.kill("SIGINT");
  assert.equal((await run.ended).code, 130);
});

test("[MET-1] show --metrics adds up what tasks reported, for people and for programs", async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, "data");
  const said = '{"metric": "rows", "value": 2, "type": "counter"}';
  writeFileSync(
    join(folder, "count.yaml"),
    [
      "lanweave: 1",
      "name: count",
      "nodes:",
      "  - id: all",
      "    type: parallel",
      "    forEach: [1, 2, 3]",
      "    nodes:",
      "      - id: one",
      "        type: task",
      "        run: |",
      `          echo '${said}' > "$LANWEAVE_REPORT"`,
      "",
    ].join("\n"),
  );
  const run = await runCommand(t, ["run", join(folder, "count.yaml"), "--local", "1", "--data", data], real);
  assert.equal(run.code, 0, run.stderr);
  const people = await runCommand(t, ["show", "last", "--metrics", "--data", data], real);
  assert.match(people.stdout, /^\(the run\) +rows +6$/m);
  assert.match(people.stdout, /^all\[1\]\/one +rows +2$/m);
  const program = await runCommand(t, ["show", "last", "--metrics", "--json", "--data", data], real);
  const { metrics } = JSON.parse(program.stdout);
  assert.deepEqual(metrics[0], { path: "", metrics: [{ kind: "counter", name: "rows", value: 6 }] });
  assert.equal(metrics.length, 8);
});
