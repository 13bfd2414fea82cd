import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId, RunId } from "#core/model/id.ts";
import type { FileDesk } from "#core/ports/files.ts";
import { FileHolders } from "#main/coordinator/file-holders.ts";
import { FileDeskError } from "#main/transport/file-desk-error.ts";
import { MemoryLan, keyOf } from "#test/support/memory-lan.ts";

const WITH_FILE = `
lanweave: 1
name: with-file
nodes:
  - { id: a, type: task, argv: [a], files: { in: ["*.txt"] } }
`;
const HANDED_ON = `
lanweave: 1
name: handed-on
nodes:
  - { id: a, type: task, argv: [a], files: { out: ["x"] } }
  - { id: b, type: task, argv: [b], dependsOn: [a], files: { in: ["{{ nodes.a.files }}"] } }
`;
const WITH_SCRIPT = `lanweave: 1
name: script
nodes:
  - { id: a, type: task, script: { module: m.ts, args: 1 }, files: { in: ["x"] } }
`;
const X = { name: "x", sha256: "e".repeat(64), sizeBytes: 3 };

async function lanWith(agents: number, files?: FileDesk): Promise<MemoryLan> {
  const workflows = { file: WITH_FILE, handed: HANDED_ON, script: WITH_SCRIPT };
  const lan = new MemoryLan(agents, workflows, undefined, files === undefined ? {} : { files });
  await lan.settle();
  return lan;
}

function desk(put: FileDesk["put"]): FileDesk {
  return {
    find: () => Promise.resolve([{ ...X, sha256: X.sha256 as never }]),
    findModules: () => Promise.resolve([]),
    put,
    fetch: () => Promise.resolve(),
  };
}

test("[FAULT-5] an agent that files cannot be brought to is lost to the attempt, which is no failure of the node", async () => {
  const lan = await lanWith(
    2,
    desk((target) =>
      target.id.startsWith("0")
        ? Promise.reject(new FileDeskError("unreachable", "agent-00 cannot be reached for files"))
        : Promise.resolve(),
    ),
  );
  const run = await lan.start("file");
  await lan.advance(100);
  assert.deepEqual([lan.agents[0]?.assignments().length, lan.agents[1]?.assignments().length], [0, 1]);
  const [node] = (await lan.show(run)).nodes;
  assert.deepEqual([node?.state, node?.attempt], ["running", 1]);
});

test("[FLEET-9] a file of the workflow that changed meanwhile fails the node with the reason", async () => {
  const lan = await lanWith(
    1,
    desk(() => Promise.reject(new FileDeskError("changed", "the file x changed while the run used it"))),
  );
  const run = await lan.start("file");
  await lan.advance(100);
  const [node] = (await lan.show(run)).nodes;
  assert.deepEqual([node?.state, node?.error?.message], ["failed", "the file x changed while the run used it"]);
});

test("[FLEET-9] files are brought to an agent once, also when its link breaks meanwhile", async () => {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const lan = await lanWith(
    1,
    desk(() => {
      asked += 1;
      return promise;
    }),
  );
  await lan.start("file");
  lan.agents[0]?.drop();
  await lan.advance(2_000);
  assert.equal(asked, 1);
  resolve(undefined);
  await lan.settle();
  assert.equal(lan.agents[0]?.assignments().length, 1);
});

test("[FLEET-9] what an agent could not get from those that have it is passed on by the app, and the attempt counts as lost, not failed", async () => {
  const relayed: unknown[] = [];
  let isHolderBack = false;
  const lan = await lanWith(2, {
    ...desk(() => Promise.resolve()),
    relay: (holders, target, file) => {
      if (!isHolderBack) return Promise.reject(new FileDeskError("unreachable", "nobody listens there"));
      relayed.push([holders.map(({ id }) => id), target.id, file.name]);
      return Promise.resolve();
    },
  });
  const run = await lan.start("handed");
  const maker = lan.agents.find((agent) => agent.assignments().length > 0);
  const other = lan.agents.find((agent) => agent !== maker);
  assert.ok(maker && other);
  await lan.ask("fleet.drain", { target: maker.id, draining: true });
  maker.end(keyOf(maker), { kind: "success", result: null, files: [X], executionMs: 1 });
  await lan.settle();
  const failure = { code: "unfetched", message: "the input file could not be fetched: it could not be reached" };
  other.end(keyOf(other), { kind: "failure", failure, executionMs: 1 });
  await lan.settle();
  await lan.advance(10_000);
  isHolderBack = true;
  await lan.advance(1_000);
  assert.deepEqual(relayed, [[[maker.id], other.id, "x"]]);
  other.end(keyOf(other));
  await lan.settle();
  const shown = await lan.show(run);
  assert.deepEqual([shown.state, shown.nodes.map(({ attempt }) => attempt)], ["completed", [1, 1]]);
});

test("[FLEET-9] after a restart a retry still knows who holds the files", async () => {
  const lan = await lanWith(2);
  const run = await lan.start("handed");
  const [first, second] = lan.agents;
  assert.ok(first && second);
  first.end(keyOf(first), { kind: "success", result: null, files: [X], executionMs: 1 });
  await lan.settle();
  const at = first.assignments().length === 2 ? first : second;
  at.end(keyOf(at));
  await lan.settle();
  assert.equal((await lan.show(run)).state, "completed");
  await lan.restart();
  await lan.advance(2_000);
  await lan.ask("fleet.drain", { target: "agent-00", draining: true });
  await lan.ask("run.retry", { run, path: "b" });
  await lan.settle();
  assert.deepEqual(
    second
      .assignments()
      .at(-1)
      ?.filesIn.map(({ holders }) => holders.map(({ agent }) => agent)),
    [[first.id]],
  );
});

test("[FLEET-5] what could not be sent over the link fails its node and leaves the link alone", async () => {
  const lan = await lanWith(1, {
    find: () => Promise.resolve([{ ...X, sha256: "zz" as never }]),
    findModules: () => Promise.resolve([]),
    put: () => Promise.resolve(),
    fetch: () => Promise.resolve(),
  });
  const run = await lan.start("file");
  await lan.advance(100);
  const [node] = (await lan.show(run)).nodes;
  assert.equal(node?.state, "failed");
  assert.match(node.error?.message ?? "", /cannot be sent to an agent: .* at spec\.filesIn\.0\.sha256/);
  assert.equal((await lan.ask("fleet.list", {}))[0]?.status, "online");
});

test("[FLEET-9] a file whose name leads out of its folder fails the attempt", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("handed");
  const files = [{ ...X, name: "../x" }];
  lan.agents[0]?.end(keyOf(lan.agents[0]), { kind: "success", result: null, files, executionMs: 1 });
  await lan.settle();
  const [node] = (await lan.show(run)).nodes;
  assert.equal(node?.state, "failed");
  assert.match(node.error?.message ?? "", /"\.\.\/x" is not taken/);
});

test("[FLEET-9] what no run under way knows of is forgotten, and so is an agent that is unpaired", () => {
  const holders = new FileHolders();
  const [one, two] = ["r1", "r2"] as unknown as readonly [RunId, RunId];
  const [a, b] = ["a", "b"] as unknown as readonly [AgentId, AgentId];
  const file = { ...X, sha256: X.sha256 as never };
  holders.add(one, a, [file]);
  holders.add(two, b, [file]);
  holders.dropRun(one);
  assert.deepEqual(holders.of(file.sha256), [a, b]);
  assert.equal(holders.heldBytes(b, [file]), 3);
  holders.forget(a);
  assert.deepEqual(holders.of(file.sha256), [b]);
  holders.dropRun(two);
  assert.deepEqual(holders.of(file.sha256), []);
});

test("[FILE-3] a script goes to its agent with the files of its module, each once", async () => {
  const lan = await lanWith(1, {
    ...desk(() => Promise.resolve()),
    findModules: (_, module) =>
      Promise.resolve([
        { name: module, sha256: "f".repeat(64) as never, sizeBytes: 1 },
        { ...X, sha256: X.sha256 as never },
      ]),
  });
  await lan.start("script");
  await lan.advance(100);
  const [spec] = lan.agents[0]?.assignments() ?? [];
  assert.deepEqual(
    [spec?.action.kind, spec?.filesIn.map(({ name, holders }) => [name, holders])],
    [
      "script",
      [
        ["x", []],
        ["m.ts", []],
      ],
    ],
  );
});

test("[FILE-3] a module that is gone when its task is to start fails the node with the reason", async () => {
  const lan = await lanWith(1, {
    ...desk(() => Promise.resolve()),
    findModules: () => Promise.reject(new FileDeskError("no-match", 'the module "m.ts" cannot be found')),
  });
  const run = await lan.start("script");
  await lan.advance(100);
  const [node] = (await lan.show(run)).nodes;
  assert.deepEqual([node?.state, node?.error?.message.includes('the module "m.ts" cannot be found')], ["failed", true]);
});
