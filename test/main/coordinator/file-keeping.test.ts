import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileDesk } from "#core/ports/files.ts";
import { MINOR_WITH_FILE_KEEPING } from "#core/protocol/limits.ts";
import { FileDeskError } from "#main/transport/file-desk-error.ts";
import { keyOf, MemoryLan, type ScriptedAgent } from "#test/support/memory-lan.ts";

const HANDED_ON = `
lanweave: 1
name: handed-on
nodes:
  - { id: make, type: task, argv: [a], files: { out: ["x"] } }
  - { id: use, type: task, argv: [b], dependsOn: [make], files: { in: ["{{ nodes.make.files }}"] } }
`;
const WITH_FILE = `
lanweave: 1
name: with-file
nodes:
  - { id: a, type: task, argv: [a], files: { in: ["*.txt"] } }
`;
const X = { name: "out/x", sha256: "e".repeat(64), sizeBytes: 3 };
const MADE: Parameters<ScriptedAgent["end"]>[1] = { kind: "success", result: null, files: [X], executionMs: 1 };

async function lanWith(agents: number, minor = MINOR_WITH_FILE_KEEPING, files?: FileDesk): Promise<MemoryLan> {
  const workflows = { handed: HANDED_ON, file: WITH_FILE };
  const lan = new MemoryLan(agents, workflows, undefined, files === undefined ? {} : { files });
  for (const agent of lan.agents) agent.welcome = { protocol: { major: 1, minor } };
  await lan.settle();
  return lan;
}

function agentOf(lan: MemoryLan, index: number): ScriptedAgent {
  return lan.agents[index] ?? assert.fail();
}

function heard(agent: ScriptedAgent, kind: "files-needed" | "runs-over"): unknown[] {
  return agent.heard.filter((message) => message.kind === kind);
}

test("[FLEET-9] agents are told when a run is over that they keep files for, and only then", async () => {
  const lan = await lanWith(1);
  const agent = agentOf(lan, 0);
  const run = await lan.start("handed");
  agent.end(keyOf(agent), MADE);
  await lan.settle();
  assert.deepEqual(heard(agent, "runs-over"), []);
  agent.end(keyOf(agent));
  await lan.settle();
  assert.equal((await lan.show(run)).state, "completed");
  assert.deepEqual(heard(agent, "runs-over"), [{ kind: "runs-over", runs: [run] }]);
  assert.deepEqual(heard(agent, "files-needed"), []);
});

test("[FLEET-9] an agent that comes back is told what is needed of its files, and which of its runs are over", async () => {
  const lan = await lanWith(1);
  const agent = agentOf(lan, 0);
  const run = await lan.start("handed");
  agent.end(keyOf(agent), MADE);
  await lan.settle();
  agent.welcome = { ...agent.welcome, keptRuns: [run, "long-ago"] };
  agent.drop();
  await lan.advance(2_000);
  assert.deepEqual(heard(agent, "files-needed"), [{ kind: "files-needed", run, files: [X.sha256] }]);
  assert.deepEqual(heard(agent, "runs-over"), [{ kind: "runs-over", runs: ["long-ago"] }]);
  await lan.restart();
  await lan.advance(2_000);
  assert.equal(heard(agent, "files-needed").length, 2);
});

test("[FLEET-9] an agent of an older version is told nothing of it", async () => {
  const lan = await lanWith(1, 0);
  const agent = agentOf(lan, 0);
  await lan.start("handed");
  agent.end(keyOf(agent), MADE);
  await lan.settle();
  agent.drop();
  await lan.advance(2_000);
  agent.end(keyOf(agent));
  await lan.settle();
  assert.deepEqual([...heard(agent, "files-needed"), ...heard(agent, "runs-over")], []);
});

test("[FLEET-9] what an agent says is gone it is not asked for any more", async () => {
  const lan = await lanWith(3);
  const run = await lan.start("handed");
  const maker = lan.agents.find((agent) => agent.assignments().length > 0) ?? assert.fail();
  maker.end(keyOf(maker), MADE);
  await lan.settle();
  const holder = lan.agents.find((agent) => agent.assignments().some(({ key }) => key.path === "use")) ?? assert.fail();
  holder.say({ kind: "started", key: keyOf(holder), pid: 1 });
  await lan.settle();
  // The file is on its maker, which is where it was wanted.
  assert.equal(holder, maker);
  maker.say({ kind: "files-gone", files: [X.sha256] });
  maker.end(keyOf(maker), {
    kind: "failure",
    failure: { code: "missing-file", message: "it is not here" },
    executionMs: 0,
  });
  await lan.settle();
  const use = (await lan.show(run)).nodes.find(({ path }) => path === "use");
  assert.equal(use?.state, "failed");
  assert.equal(use?.error?.code, "files");
  assert.match(
    use?.error?.message ?? "",
    /^the file "out\/x" of “make” is on no agent any more \(.*\): retry “make”: it makes the file again/,
  );
});

test("[RUN-6] [FLEET-9] a run whose files are gone says which node to retry, and that does it", async () => {
  const lan = await lanWith(1);
  const agent = agentOf(lan, 0);
  const run = await lan.start("handed");
  agent.end(keyOf(agent), MADE);
  await lan.settle();
  agent.end(keyOf(agent));
  await lan.settle();
  assert.equal((await lan.show(run)).state, "completed");

  await lan.ask("run.retry", { run, path: "use" });
  await lan.settle();
  // What a run that begins again needs is asked for; this agent has let it go.
  assert.deepEqual(heard(agent, "files-needed"), [{ kind: "files-needed", run, files: [X.sha256] }]);
  agent.say({ kind: "files-gone", files: [X.sha256] });
  agent.end(keyOf(agent), {
    kind: "failure",
    failure: { code: "missing-file", message: "it is not here" },
    executionMs: 0,
  });
  await lan.settle();
  const failed = await lan.show(run);
  assert.equal(failed.state, "failed");
  assert.match(failed.nodes.find(({ path }) => path === "use")?.error?.message ?? "", /retry “make”/);

  await lan.ask("run.retry", { run, path: "make" });
  await lan.settle();
  agent.end(keyOf(agent), MADE);
  await lan.settle();
  agent.end(keyOf(agent));
  await lan.settle();
  assert.equal((await lan.show(run)).state, "completed");
});

test("[FAULT-5] [FLEET-3] an agent whose disk is full gets nothing more, and what it could not do goes elsewhere as the same attempt", async () => {
  const lan = await lanWith(2);
  const run = await lan.start("handed");
  const full = lan.agents.find((agent) => agent.assignments().length > 0) ?? assert.fail();
  const other = lan.agents.find((agent) => agent !== full) ?? assert.fail();
  full.say({ kind: "heartbeat", seq: 1, load: 0, running: 1, trouble: "its disk is full" });
  full.end(keyOf(full), { kind: "failure", failure: { code: "disk-full", message: "no room" }, executionMs: 1 });
  await lan.settle();
  const [make] = (await lan.show(run)).nodes;
  assert.deepEqual([make?.state, make?.attempt, make?.agent], ["running", 1, other.id]);
  const info = (await lan.ask("fleet.list", {})).find(({ id }) => id === full.id);
  assert.deepEqual([info?.status, info?.reason], ["failed", "its disk is full"]);
  assert.equal(full.assignments().length, 1);
});

test("[FAULT-5] an agent that has no room for a file of the workflow is not asked again before it says that it has", async () => {
  const refused: string[] = [];
  const files: FileDesk = {
    find: () => Promise.resolve([{ ...X, name: "a.txt", sha256: X.sha256 as never }]),
    findModules: () => Promise.resolve([]),
    put: (target) => {
      refused.push(target.id);
      return Promise.reject(new FileDeskError("disk-full", "its disk is full"));
    },
    fetch: () => Promise.resolve(),
  };
  const lan = await lanWith(1, MINOR_WITH_FILE_KEEPING, files);
  const run = await lan.start("file");
  await lan.settle();
  assert.equal(refused.length, 1);
  const [node] = (await lan.show(run)).nodes;
  assert.deepEqual([node?.state, node?.error], ["suspended", null]);
});
