import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunId, Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import type { FileDesk } from "#core/ports/files.ts";
import { MemoryLan, type ScriptedAgent } from "#test/support/memory-lan.ts";

const CHAIN = `
lanweave: 1
name: chain
inputs: { n: { type: integer, default: 1 } }
nodes:
  - { id: a, type: task, argv: [make, a], files: { out: ["x"] } }
  - { id: b, type: task, argv: [use, "{{ inputs.n }}"], dependsOn: [a], files: { in: ["{{ nodes.a.files }}"] } }
  - { id: c, type: task, argv: [other] }
outputs: { b: nodes.b.result }
`;
const GLOBS = `
lanweave: 1
name: globs
nodes:
  - { id: a, type: task, argv: [read], files: { in: ["in/*"] } }
  - { id: b, type: task, argv: [count], files: { in: ["more/*"] } }
`;
const X: FileRef = { name: "x", sha256: "e".repeat(64) as Sha256, sizeBytes: 3 };

/** Ends what is assigned, and what is assigned because of that; every task gives its command and the file x. */
async function endAll(lan: MemoryLan): Promise<void> {
  const ended = new Set<string>();
  for (let quiet = false; !quiet;) {
    quiet = true;
    for (const agent of lan.agents)
      for (const { key, action } of agent.assignments()) {
        const text = `${key.run} ${key.path} ${String(key.fence)}`;
        if (ended.has(text)) continue;
        ended.add(text);
        quiet = false;
        const result = action.kind === "argv" ? action.argv.join(" ") : null;
        agent.end(key as Parameters<ScriptedAgent["end"]>[0], { kind: "success", result, files: [X], executionMs: 1 });
        await lan.settle();
      }
  }
}

function ran(lan: MemoryLan, run: RunId): readonly string[] {
  return lan.agents.flatMap((agent) => agent.assignments()).flatMap(({ key }) => (key.run === run ? key.path : []));
}

async function chainRun(agents = 1): Promise<{ lan: MemoryLan; run: RunId }> {
  const lan = new MemoryLan(agents, { chain: CHAIN });
  await lan.settle();
  const run = await lan.start("chain");
  await endAll(lan);
  return { lan, run };
}

test("[SNAP-5] a fork is a run of its own, and the original stays as it was", async () => {
  const { lan, run } = await chainRun();
  const before = lan.journal.read(run, 0, 1_000);
  const { run: forked, kept } = await lan.ask("run.fork", { run, inputs: {} });
  assert.equal(kept, 3);
  await endAll(lan);
  assert.deepEqual(ran(lan, forked), []);
  const shown = await lan.show(forked);
  assert.equal(shown.state, "completed");
  assert.deepEqual(shown.outputs, { b: "use 1" });
  assert.deepEqual(shown.forkedFrom, { run, seq: before.length, snapshot: null });
  assert.deepEqual(
    shown.nodes.map((node) => [node.path, node.keptFrom]),
    [
      ["a", "a"],
      ["b", "b"],
      ["c", "c"],
    ],
  );
  assert.deepEqual(lan.journal.read(run, 0, 1_000), before);
});

test("[SNAP-5] it begins at a snapshot, at an event, or now, and takes other inputs and another definition", async () => {
  const lan = new MemoryLan(1, { chain: CHAIN });
  await lan.settle();
  const run = await lan.start("chain");
  const snapshot = await lan.ask("run.snapshot", { run });
  await endAll(lan);
  const early = await lan.ask("run.fork", { run, at: snapshot.id, inputs: {} });
  assert.equal(early.kept, 0);
  assert.deepEqual((await lan.show(early.run)).forkedFrom, { run, seq: snapshot.seq, snapshot: snapshot.id });
  const other = await lan.ask("run.fork", { run, inputs: { n: 2 } });
  await endAll(lan);
  assert.deepEqual(ran(lan, other.run), ["b"]);
  assert.deepEqual((await lan.show(other.run)).outputs, { b: "use 2" });
  lan.workflows.set("chain", CHAIN.replace("[other]", "[another]"));
  const edited = await lan.ask("run.fork", { run, source: { kind: "library", name: "chain" }, inputs: {} });
  await endAll(lan);
  assert.deepEqual(ran(lan, edited.run), ["c"]);
  await assert.rejects(lan.ask("run.fork", { run, at: 4_711, inputs: {} }), /events 1 to/);
  await assert.rejects(lan.ask("run.fork", { run, at: "7-pause", inputs: {} }), /no such snapshot/);
  await assert.rejects(lan.ask("run.fork", { run, inputs: { m: 1 } }), /no input "m"/);
  await assert.rejects(lan.ask("run.fork", { run: "nobody", inputs: {} }), /there is no run nobody/);
});

test("[SNAP-5, FLEET-9] who has the files of what is kept is known, also after a restart and without the original", async () => {
  const { lan, run } = await chainRun(2);
  const holder = (await lan.show(run)).nodes.find((node) => node.path === "a")?.agent;
  const { run: forked } = await lan.ask("run.fork", { run, inputs: { n: 2 } });
  await lan.ask("run.delete", { run });
  const holdersOf = () =>
    lan.agents
      .flatMap((agent) => agent.assignments().map((spec) => ({ agent: agent.id, spec })))
      .filter(({ spec }) => spec.key.run === forked && spec.key.path === "b")
      .flatMap(({ agent, spec }) =>
        agent === holder ? [holder] : spec.filesIn.flatMap(({ holders }) => holders.map((one) => one.agent)),
      );
  await lan.settle();
  assert.deepEqual(holdersOf(), [holder]);
  await lan.restart();
  await endAll(lan);
  assert.equal((await lan.show(forked)).state, "completed");
});

test("[SNAP-5] files of the workflow's folder count by what is in them", async () => {
  const found = new Map([
    ["in/*", "1"],
    ["more/*", "2"],
  ]);
  const files: FileDesk = {
    find: (_, pattern) => {
      const digit = found.get(pattern);
      if (digit === undefined) return Promise.reject(new Error("nothing matches"));
      return Promise.resolve([{ name: pattern.replace("*", "x"), sha256: digit.repeat(64) as Sha256, sizeBytes: 1 }]);
    },
    findModules: () => Promise.resolve([]),
    put: () => Promise.resolve(),
    fetch: () => Promise.resolve(),
  };
  const lan = new MemoryLan(1, { globs: GLOBS }, undefined, { files });
  await lan.settle();
  const run = await lan.start("globs");
  await endAll(lan);
  const same = await lan.ask("run.fork", { run, inputs: {} });
  await endAll(lan);
  assert.deepEqual(ran(lan, same.run), []);
  found.set("more/*", "3");
  const changed = await lan.ask("run.fork", { run: same.run, inputs: {} });
  await endAll(lan);
  assert.deepEqual(ran(lan, changed.run), ["b"]);
  found.delete("in/*");
  assert.equal((await lan.ask("run.fork", { run, inputs: {} })).kept, 0);
});
