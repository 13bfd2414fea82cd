import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { endProcess, lanweave, startAgent, startCoordinator, temporaryFolder } from "#test/support/fleet.ts";

/** Every task writes its name down where it runs, so that it is seen what ran, and how often. */
function workflow(marks: string, last: string): string {
  return `lanweave: 1
name: parts
nodes:
  - { id: list, type: task, run: "echo list >> ${marks}; printf 'one\\ntwo\\n'", files: { in: ["seed.txt"] }, result: lines }
  - id: each
    type: parallel
    dependsOn: [list]
    forEach: nodes.list.result
    nodes:
      - { id: part, type: task, run: "echo {{ item }} >> ${marks}; echo part {{ item }} > {{ item }}.txt", files: { out: ["*.txt"] } }
  - { id: join, type: task, dependsOn: [each], run: "echo join >> ${marks}; ${last}", files: { in: ["{{ nodes.each.files }}"] } }
outputs: { joined: nodes.join.result.trim() }
`;
}

interface RunLine {
  readonly kind: string;
  readonly run: string;
  readonly state: string;
  readonly outputs: unknown;
  readonly nodes: readonly { readonly path: string; readonly state: string; readonly keptFrom?: string }[];
}

test("[SNAP-3, SNAP-4, SNAP-5] on a real fleet: run, keep, edit, fork, and only what changed runs again", async (t) => {
  const folder = temporaryFolder(t);
  const data = path.join(folder, "data");
  const marks = path.join(folder, "marks");
  const file = path.join(folder, "parts.yaml");
  const ran = (): readonly string[] => readFileSync(marks, "utf8").trim().split("\n").sort();
  writeFileSync(path.join(folder, "seed.txt"), "seed");
  writeFileSync(file, workflow(marks, "cat one.txt two.txt"));
  const agent = await startAgent(null, "studio", path.join(folder, "agent"));
  t.after(() => endProcess(agent));
  const coordinator = await startCoordinator(null, data);
  t.after(() => endProcess(coordinator));
  const paired = await lanweave("pair", `127.0.0.1:${String(agent.ready.port)}`, agent.ready.code, "--data", data);
  assert.equal(paired.code, 0, paired.stderr);
  const ask = async (...words: string[]): Promise<RunLine> => {
    const { code, lines, stderr } = await lanweave(...words, "--data", data);
    assert.equal(code, 0, stderr);
    return lines.at(-1) as RunLine;
  };

  const original = await ask("run", file);
  assert.deepEqual(original.outputs, { joined: "part one\npart two" });
  assert.deepEqual(ran(), ["join", "list", "one", "two"]);
  const kept = (await ask("snapshot", original.run)) as unknown as { id: string; seq: number };
  const { lines } = await lanweave("snapshots", original.run, "--data", data);
  assert.deepEqual(
    (lines as { id: string; reason: string }[]).map(({ id, reason }) => [id, reason]),
    [
      [`${original.run}@${String(kept.seq)}-final`, "final"],
      [kept.id, "manual"],
    ],
  );
  assert.deepEqual(await ask("show", original.run, "--at", kept.id), await ask("show", original.run));

  writeFileSync(marks, "");
  const same = await ask("fork", original.run);
  assert.deepEqual([same.state, same.outputs], ["completed", original.outputs]);
  assert.deepEqual(ran(), [""]);

  writeFileSync(file, workflow(marks, "cat two.txt one.txt"));
  const edited = await ask("fork", original.run, "--snapshot", kept.id, "--file", file);
  assert.deepEqual(edited.outputs, { joined: "part two\npart one" });
  assert.deepEqual(
    ran(),
    ["", "join"].filter((mark) => mark !== ""),
  );
  assert.deepEqual(
    edited.nodes.filter((node) => node.keptFrom !== undefined).map((node) => node.path),
    ["list", "each[0]/part", "each[1]/part"],
  );

  writeFileSync(path.join(folder, "seed.txt"), "another seed");
  writeFileSync(marks, "");
  const anew = await ask("fork", edited.run);
  assert.equal(anew.state, "completed");
  assert.deepEqual(ran(), ["join", "list", "one", "two"]);
  assert.deepEqual((await ask("show", original.run)).outputs, original.outputs);
});

test("[SNAP-5] agents of the command itself do for a fork, too, and a wrong point is refused", async (t) => {
  const folder = temporaryFolder(t);
  const data = path.join(folder, "data");
  const file = path.join(folder, "parts.yaml");
  writeFileSync(path.join(folder, "seed.txt"), "seed");
  const marks = path.join(folder, "marks");
  writeFileSync(file, workflow(marks, "cat one.txt"));
  const first = await lanweave("run", file, "--local", "1", "--data", data);
  assert.equal(first.code, 0, first.stderr);
  writeFileSync(file, workflow(marks, "cat two.txt"));
  const forked = await lanweave("fork", "last", "--file", file, "--local", "1", "--data", data);
  assert.equal(forked.code, 0, forked.stderr);
  assert.deepEqual((forked.lines.at(-1) as RunLine).outputs, { joined: "part two" });
  const wrong = await lanweave("fork", "last", "--at", "4711", "--local", "1", "--data", data);
  assert.equal(wrong.code, 2, wrong.stderr);
  assert.match(wrong.stderr, /has the events 1 to/);
  const nowhere = await lanweave("fork", "last", "--detach", "--data", data);
  assert.equal(nowhere.code, 3, nowhere.stderr);
});
