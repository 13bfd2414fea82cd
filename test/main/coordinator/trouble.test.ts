import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultScheduler, type WorkflowScheduler } from "#core/fleet/schedule.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { AgentId, RunId } from "#core/model/id.ts";
import { RunBook } from "#main/coordinator/run-book.ts";
import type { CoordinatorPorts } from "#main/coordinator/ports.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { MemoryLan, keyOf } from "#test/support/memory-lan.ts";

const ONE = `
lanweave: 1
name: one
nodes:
  - { id: a, type: task, argv: [a], fault: { lossLimit: 2 } }
`;
const HANDED_ON = `
lanweave: 1
name: handed-on
nodes:
  - { id: a, type: task, argv: [a], files: { out: ["x"] } }
  - { id: b, type: task, argv: [b], dependsOn: [a], files: { in: ["{{ nodes.a.files }}"] } }
`;

async function lanWith(ports: Partial<CoordinatorPorts> = {}, journal = new MemoryJournal()): Promise<MemoryLan> {
  const lan = new MemoryLan(1, { one: ONE, handed: HANDED_ON }, journal, ports);
  await lan.settle();
  return lan;
}

async function errorsOf(lan: MemoryLan, run: RunId): Promise<readonly string[]> {
  const events = await lan.ask("run.events", { run, after: 0, limit: 1_000 });
  return events.filter(({ type }) => type === "Error").map(({ message }) => message);
}

test("[FAULT-7] a scheduler that throws is told to the run once, and the work goes on", async () => {
  let isBroken = true;
  const scheduler: WorkflowScheduler = {
    schedule(fleet, queue) {
      if (isBroken) throw new Error("out of ideas");
      return defaultScheduler.schedule(fleet, queue);
    },
    reschedule: (fleet, queue) => defaultScheduler.reschedule(fleet, queue),
  };
  const lan = await lanWith({ scheduler });
  const run = await lan.start("handed");
  lan.agents[0]?.end(keyOf(lan.agents[0]));
  await lan.settle();
  isBroken = false;
  lan.agents[0]?.end(keyOf(lan.agents[0]));
  await lan.settle();
  assert.equal((await lan.show(run)).state, "completed");
  assert.deepEqual(await errorsOf(lan, run), [
    "handed-on had an error: the scheduler failed, the default one does its work: out of ideas",
  ]);
});

test("[FAULT-7] a scheduler that chooses an agent nobody knows is told to the run, and the work goes on", async () => {
  const scheduler: WorkflowScheduler = {
    schedule: (_fleet, queue) => ({
      placements: [...queue].map((entry) => ({ entry, agent: "nobody" as AgentId })),
      waiting: [],
    }),
    reschedule: (fleet, queue) => defaultScheduler.reschedule(fleet, queue),
  };
  const lan = await lanWith({ scheduler });
  const run = await lan.start("one");
  assert.equal(lan.agents[0]?.assignments().length, 1);
  assert.match((await errorsOf(lan, run)).join(), /it chose the agent “nobody”, which is not paired/);
});

test("[FAULT-7] an output that cannot be kept is asked for again, and hinders nobody", async () => {
  let isFull = true;
  let kept = 0;
  const outputs: CoordinatorPorts["outputs"] = {
    append(_key, offset, _stream, base64) {
      if (isFull) throw new Error("ENOSPC: no space left on device");
      kept = offset + Buffer.from(base64, "base64").length;
      return kept;
    },
    sizeBytes: () => kept,
    newest: () => null,
    read: (_key, offset) => ({ pieces: [], nextOffset: offset }),
    close() {},
    deleteRun() {},
  };
  const lan = await lanWith({ outputs });
  const [agent] = lan.agents;
  const first = await lan.start("one");
  const key = keyOf(agent);
  agent?.say({ kind: "output", key: { ...key }, offset: 0, stream: "stdout", base64: "aGVsbG8=" });
  await lan.settle();
  const second = await lan.start("one");
  assert.equal((await lan.show(second)).nodes[0]?.state, "running");
  isFull = false;
  await lan.advance(1_500);
  const taken = agent?.heard.flatMap((message) => (message.kind === "output-taken" ? [message.offset] : []));
  assert.deepEqual([taken, kept], [[5], 5]);
  assert.equal((await lan.show(first)).nodes[0]?.state, "running");
});

test("[RUN-2] a run that cannot be folded is left alone, and the others go on", async () => {
  const journal = new MemoryJournal();
  const lan = await lanWith({}, journal);
  const broken = await lan.start("one");
  const sound = await lan.start("one");
  const read = journal.read.bind(journal);
  journal.read = (run, after, limit) =>
    read(run, after, limit).map((event): RunEvent =>
      run === broken ? { ...event, data: { kind: "of the future" } } : event,
    );
  await lan.restart();
  await lan.advance(1_000);
  assert.equal((await lan.show(sound)).nodes[0]?.state, "running");
  await assert.rejects(lan.show(broken), new RegExp(`damaged: run ${broken} cannot be read`));
  assert.deepEqual(
    (await lan.ask("run.list", {})).map((head) => head.run),
    [sound],
  );
});

test("[RUN-2] no more than 16 ended runs stay folded", async () => {
  const journal = new MemoryJournal();
  const lan = await lanWith({}, journal);
  for (let count = 0; count < 20; count++) {
    await lan.start("one");
    lan.agents[0]?.end(keyOf(lan.agents[0]));
    await lan.settle();
  }
  const runs = await lan.ask("run.list", {});
  const read = journal.read.bind(journal);
  const folded: string[] = [];
  journal.read = (run, after, limit) => {
    folded.push(run);
    return read(run, after, limit);
  };
  for (const { run } of runs.slice(-16)) await lan.show(run);
  assert.deepEqual(folded, []);
  for (const { run } of runs.slice(0, 4)) await lan.show(run);
  assert.equal(new Set(folded).size, 4);
});

test("[RUN-2] a journal without runs gives an empty book", () => {
  assert.deepEqual(new RunBook(new MemoryJournal(), { debug() {}, info() {}, warn() {}, error() {} }).ids(), []);
});
