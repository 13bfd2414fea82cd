import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LANWEAVE, runCommand, temporaryFolder } from "#test/support/command-process.ts";

const SOUND = 'lanweave: 1\nname: sound\nnodes:\n  - { id: a, type: task, run: "true" }\n';
const BROKEN =
  'lanweave: 1\nname: broken\nnodes:\n  - { id: a, type: task, run: "true", dependsOn: [b] }\n  - { id: a, type: tusk }\n';

test("[CLI-11] every problem of every file is a line with its place, and the exit code is 2", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "sound.yaml"), SOUND);
  writeFileSync(join(folder, "broken.yaml"), BROKEN);
  const settings = { script: LANWEAVE, cwd: folder };
  const people = await runCommand(t, ["validate", "sound.yaml", "broken.yaml", "none.yaml"], settings);
  assert.deepEqual([people.code, people.stdout], [2, ""]);
  const places = people.stderr.split("\n").filter((line) => /^(broken|none)\.yaml:\d+:\d+: /.test(line));
  assert.ok(places.length >= 4, people.stderr);
  const program = await runCommand(t, ["validate", "--json", "sound.yaml", "broken.yaml", "none.yaml"], settings);
  assert.equal(program.code, 2);
  const problems = program.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(problems.length, places.length);
  for (const problem of problems) {
    assert.deepEqual(Object.keys(problem), [
      "kind",
      "file",
      "line",
      "column",
      "code",
      "message",
      "suggestion",
      "severity",
    ]);
    assert.equal(problem.kind, "problem");
  }
});

test("[CLI-11] a sound file exits 0 and prints nothing on stdout", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "sound.yaml"), SOUND);
  const { code, stdout } = await runCommand(t, ["validate", "--json", "sound.yaml"], { script: LANWEAVE, cwd: folder });
  assert.deepEqual([code, stdout], [0, ""]);
});

test("[CLI-11] a problem in a subworkflow is named with the subworkflow's file", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "parts"));
  writeFileSync(join(folder, "parts", "inner.yaml"), BROKEN);
  writeFileSync(
    join(folder, "outer.yaml"),
    "lanweave: 1\nname: outer\nnodes:\n  - { id: a, type: subworkflow, workflow: parts/inner.yaml }\n",
  );
  const { code, stderr } = await runCommand(t, ["validate", "outer.yaml"], { script: LANWEAVE, cwd: folder });
  assert.equal(code, 2);
  assert.match(stderr, /^parts\/inner\.yaml:\d+:\d+: /m);
});

test("[CLI-11] run names the problems of a file before anything is started for it", async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, "data");
  writeFileSync(join(folder, "broken.yaml"), BROKEN);
  const { code, stderr } = await runCommand(t, ["run", join(folder, "broken.yaml"), "--local", "1", "--data", data]);
  assert.equal(code, 2);
  assert.match(stderr, /broken\.yaml:\d+:\d+: /);
  assert.equal((await runCommand(t, ["runs", "--data", data])).stderr.includes("there is no run yet"), true);
});

test("[CLI-11] a warning is told and is no failure: the file is sound, and the run starts", async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, "data");
  const task = (id: string): string => `  - { id: ${id}, type: task, run: "echo ${id}", set: { last: result } }\n`;
  writeFileSync(join(folder, "race.yaml"), `lanweave: 1\nname: race\nnodes:\n${task("a")}${task("b")}`);
  const settings = { script: LANWEAVE, cwd: folder };
  const people = await runCommand(t, ["validate", "race.yaml"], settings);
  assert.equal(people.code, 0);
  assert.match(people.stderr, /^race\.yaml:5:\d+: warning: "a" and "b" may run at once/m);
  const { code, stdout } = await runCommand(t, ["validate", "--json", "race.yaml"], settings);
  assert.equal(code, 0);
  const problem = JSON.parse(stdout);
  assert.deepEqual([problem.kind, problem.code, problem.severity], ["problem", "concurrent-writes", "warning"]);
  const run = await runCommand(t, ["run", join(folder, "race.yaml"), "--local", "1", "--data", data], settings);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /warning: "a" and "b" may run at once/);
});
