import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runCommand, startCommand, temporaryFolder } from "#test/support/command-process.ts";

const KINDS = ["event", "run", "snapshot", "problem", "agent", "figure", "error", "log", "graph", "check"];

const workflow = (name: string): string => fileURLToPath(new URL(`./workflows/${name}.yaml`, import.meta.url));
const QUICK = workflow("quick");
const STUCK = workflow("stuck");

function kindsOf(stdout: string): readonly string[] {
  if (stdout === "") return [];
  assert.ok(stdout.endsWith("\n"), "the last line is ended");
  return stdout
    .slice(0, -1)
    .split("\n")
    .map((line) => {
      const kind: string = JSON.parse(line).kind;
      assert.ok(KINDS.includes(kind), line);
      return kind;
    });
}

test("[CLI-1] with --json every line on stdout is one JSON object of a known kind", async (t) => {
  const data = temporaryFolder(t);
  const host = startCommand(t, ["run", STUCK, "--data", data]);
  await host.saw(/run run-1 has started/);
  const expected: readonly (readonly [readonly string[], readonly string[]])[] = [
    [
      ["run", QUICK],
      ["event", "event", "event", "event", "event", "run"],
    ],
    [["run", QUICK, "--detach"], ["run"]],
    [["runs"], ["run", "run", "run"]],
    [["show", "run-2"], ["run"]],
    [["snapshot", "run-2"], ["snapshot"]],
    [["snapshots", "run-2"], ["snapshot"]],
    [["show", "run-2", "--at", "3-manual"], ["run"]],
    [["show", "run-2", "--at", "3rd"], ["error"]],
    [["fork", "run-2", "--detach"], ["run"]],
    [["fork", "run-2", "--at", "1", "--snapshot", "3-manual"], ["error"]],
    [
      ["events", "run-2"],
      ["event", "event", "event", "event", "event"],
    ],
    [
      ["events", "run-2", "--follow"],
      ["event", "event", "event", "event", "event"],
    ],
    [
      ["logs", "run-2"],
      ["log", "log"],
    ],
    [["graph", "run-2"], ["graph"]],
    [["agents"], ["agent"]],
    [["pair", "studio", "12345678"], ["agent"]],
    [["drain", "stu"], []],
    [["unpair", "studio"], []],
    [["pause", "run-1"], []],
    [["resume", "run-1"], []],
    [["retry", "run-1", "steps/one"], []],
    [["skip", "run-1", "steps/one"], []],
    [["approve", "run-1", "steps/one"], []],
    [["complete", "run-1", "steps/one", "--result", "1"], []],
    [["complete", "run-1", "steps/one", "--result", "one"], ["error"]],
    [["show", "nothing"], ["error"]],
    [["show"], ["error"]],
    [["drain", "nobody"], ["error"]],
    [["serve"], ["error"]],
    [["nonsense"], ["error"]],
    [["cancel", "run-1"], []],
  ];
  for (const [words, kinds] of expected) {
    const { stdout } = await runCommand(t, [...words, "--json", "--data", data]);
    assert.deepEqual(kindsOf(stdout), kinds, words.join(" "));
  }
});

test("[CLI-1] the fields of a line are those of the spec, in their order", async (t) => {
  const data = temporaryFolder(t);
  await runCommand(t, ["run", QUICK, "--data", data]);
  const shown = await runCommand(t, ["show", "last", "--json", "--data", data]);
  const keys = Object.keys(JSON.parse(shown.stdout));
  assert.deepEqual(keys.slice(0, 7), ["kind", "run", "workflow", "state", "seq", "variables", "outputs"]);
  assert.equal(keys.at(-1), "nodes");
  const snapshots = await runCommand(t, ["snapshots", "last", "--json", "--data", data]);
  const snapshot = Object.keys(JSON.parse(snapshots.stdout));
  assert.deepEqual(snapshot.slice(0, 7), ["kind", "id", "run", "seq", "time", "reason", "state"]);
  const events = await runCommand(t, ["events", "last", "--json", "--data", data]);
  const first = Object.keys(JSON.parse(events.stdout.split("\n")[0] ?? ""));
  const fields = ["kind", "run", "seq", "time", "type", "path", "level", "from", "to", "reason", "message", "data"];
  assert.deepEqual(first, fields);
});
