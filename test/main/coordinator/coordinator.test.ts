import assert from "node:assert/strict";
import { test } from "node:test";
import { LOSS_GRACE_MS, OFFLINE_AFTER_MS } from "#core/protocol/limits.ts";
import type { RunEvent } from "#core/model/event.ts";
import { JournalError } from "#main/persistence/journal-error.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { MemoryLan, type ScriptedAgent } from "#test/support/memory-lan.ts";

const PAIR = `
lanweave: 1
name: pair
nodes:
  - { id: a, type: task, argv: [a] }
  - { id: b, type: task, argv: [b], dependsOn: [a] }
`;
const WIDE = `
lanweave: 1
name: wide
nodes:
  - { id: a, type: task, argv: [a] }
  - { id: b, type: task, argv: [b] }
  - { id: c, type: task, argv: [c] }
`;

async function lanWith(agents: number, journal?: MemoryJournal): Promise<MemoryLan> {
  const lan = new MemoryLan(agents, { pair: PAIR, wide: WIDE }, journal);
  await lan.settle();
  return lan;
}

function only(agent: ScriptedAgent | undefined) {
  const [spec, more] = agent?.assignments() ?? [];
  assert.ok(spec !== undefined && more === undefined, "exactly one assignment");
  return spec as typeof spec & { key: Parameters<ScriptedAgent["end"]>[0] };
}

test("[RUN-2] nothing leaves before its event is in the journal", async () => {
  const journal = new MemoryJournal();
  const lan = await lanWith(1, journal);
  let isBroken = true;
  const append = journal.append.bind(journal);
  journal.append = (events: readonly RunEvent[]) => {
    if (isBroken && events.some((event) => event.to === "running" && event.path === "a")) {
      throw new JournalError("full", "the disk is full");
    }
    append(events);
  };
  await assert.rejects(lan.start("pair"), /full: the disk is full/);
  assert.deepEqual(lan.agents[0]?.assignments(), []);
  assert.deepEqual(await lan.ask("run.list", {}), []);
  isBroken = false;
  await lan.advance(1_500);
  const run = await lan.start("pair");
  assert.equal(lan.agents[0]?.assignments().length, 1);
  assert.equal((await lan.show(run)).state, "running");
});

test("[FLEET-5] a result is accepted once: repeated it is answered and changes nothing", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("pair");
  const [agent] = lan.agents;
  const { key } = only(agent);
  agent?.end(key);
  await lan.settle();
  agent?.end(key);
  await lan.settle();
  assert.deepEqual(agent?.verdicts(), ["accepted", "discarded"]);
  const shown = await lan.show(run);
  assert.deepEqual(
    shown.nodes.map((node) => [node.path, node.state, node.attempt]),
    [
      ["a", "completed", 1],
      ["b", "running", 1],
    ],
  );
});

test("[RUN-8] a result that the journal could not take comes again and is taken then", async () => {
  const journal = new MemoryJournal();
  const lan = await lanWith(1, journal);
  const run = await lan.start("pair");
  const append = journal.append.bind(journal);
  journal.append = () => {
    throw new JournalError("full", "the disk is full");
  };
  const [agent] = lan.agents;
  agent?.end(only(agent).key);
  await lan.settle();
  assert.deepEqual(agent?.verdicts(), []);
  journal.append = append;
  await lan.advance(2_000);
  assert.deepEqual(agent?.verdicts(), ["accepted"]);
  assert.equal((await lan.show(run)).nodes[0]?.state, "completed");
});

test("[FLEET-4] [FAULT-5] a silent agent is offline after 5 s, and after the grace its work goes elsewhere as the same attempt", async () => {
  const lan = await lanWith(2);
  const run = await lan.start("pair");
  const [first, second] = lan.agents;
  assert.ok(first && second);
  const { key } = only(first);
  first.cut();
  await lan.advance(OFFLINE_AFTER_MS + 1_500);
  const known = await lan.ask("fleet.list", {});
  assert.equal(known.find((agent) => agent.id === first.id)?.status, "offline");
  assert.deepEqual(second.assignments(), []);
  await lan.advance(LOSS_GRACE_MS + 1_500);
  const moved = only(second);
  assert.equal(moved.attempt, 1);
  assert.ok(moved.key.fence > key.fence);
  second.end(moved.key);
  await lan.settle();
  assert.deepEqual((await lan.show(run)).nodes[0]?.state, "completed");
});

test("[FLEET-5] the late result of an agent that was given up is discarded", async () => {
  const lan = await lanWith(2);
  await lan.start("pair");
  const [first, second] = lan.agents;
  assert.ok(first && second);
  const { key } = only(first);
  first.cut();
  await lan.advance(OFFLINE_AFTER_MS + LOSS_GRACE_MS + 2_500);
  assert.equal(second.assignments().length, 1);
  first.isReachable = true;
  first.held = [{ key, state: "running" }];
  first.drop();
  await lan.advance(15_000);
  assert.ok(
    first.heard.some((message) => message.kind === "stop" && message.keys[0]?.fence === key.fence),
    "told to stop",
  );
  first.end(key);
  await lan.settle();
  assert.deepEqual(first.verdicts(), ["discarded"]);
});

test("[RUN-8] after a crash the same attempt goes on: what an agent never got is sent again, what it holds is not", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("wide");
  const [agent] = lan.agents;
  assert.ok(agent);
  const [one, two] = agent.assignments();
  assert.ok(one && two);
  agent.held = [{ key: one.key as Parameters<ScriptedAgent["end"]>[0], state: "running" }];
  agent.heard.length = 0;
  await lan.restart();
  await lan.advance(1_000);
  assert.deepEqual(
    agent.assignments().map((spec) => spec.key),
    [two.key],
  );
  agent.end(one.key as Parameters<ScriptedAgent["end"]>[0]);
  await lan.settle();
  assert.equal((await lan.show(run)).nodes[0]?.state, "completed");
});

test("[RUN-3] [RUN-8] a paused run is still paused after a crash, and what still runs is frozen when its agent is back", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("pair");
  const [agent] = lan.agents;
  const { key } = only(agent);
  assert.ok(agent);
  await lan.ask("run.pause", { run, mode: "freeze" });
  agent.held = [{ key, state: "running" }];
  agent.heard.length = 0;
  await lan.restart();
  await lan.advance(1_000);
  assert.equal((await lan.show(run)).state, "paused");
  assert.ok(agent.heard.some((message) => message.kind === "freeze" && message.keys[0]?.fence === key.fence));
  agent.say({ kind: "suspended", keys: [{ ...key }] });
  await lan.settle();
  const paused = await lan.show(run);
  assert.deepEqual([paused.frozen, paused.inFlight, paused.nodes[0]?.state], [1, 0, "suspended"]);
});

test("[RUN-5] cancel ends what runs and leaves nothing to start", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("pair");
  const [agent] = lan.agents;
  await lan.ask("run.cancel", { run });
  const shown = await lan.show(run);
  assert.equal(shown.state, "cancelled");
  assert.deepEqual(new Set(shown.nodes.map((node) => node.state)), new Set(["cancelled"]));
  assert.ok(agent?.heard.some((message) => message.kind === "stop"));
});

test("[FLEET-8] a drained agent takes nothing new, and the reason says so", async () => {
  const lan = await lanWith(1);
  await lan.ask("fleet.drain", { target: "agent-00", draining: true });
  const run = await lan.start("pair");
  const [waiting] = (await lan.show(run)).nodes;
  assert.deepEqual([waiting?.state, waiting?.phase], ["idle", "queued"]);
  assert.match(waiting?.reason ?? "", /agent-00 is draining\. To start it: end the drain/);
  await lan.ask("fleet.drain", { target: "agent-00", draining: false });
  await lan.settle();
  assert.equal(lan.agents[0]?.assignments().length, 1);
});

test("[FLEET-8] an agent that is drained in the middle of a run finishes what it has, is then empty, and others go on", async () => {
  const lan = await lanWith(2);
  const run = await lan.start("pair");
  const [first, second] = lan.agents;
  assert.ok(first && second);
  const before = first.assignments().length;
  await lan.ask("fleet.drain", { target: "agent-00", draining: true });
  const infoOf = async () => (await lan.ask("fleet.list", {})).find(({ id }) => id === first.id);
  assert.deepEqual([(await infoOf())?.draining, (await infoOf())?.running], [true, before]);
  for (const spec of first.assignments()) first.end(spec.key as Parameters<typeof first.end>[0]);
  await lan.settle();
  assert.deepEqual([first.assignments().length, (await infoOf())?.running], [before, 0]);
  for (let at = 0; at < second.assignments().length; at += 1) {
    second.end(second.assignments()[at]?.key as Parameters<typeof second.end>[0]);
    await lan.settle();
  }
  assert.equal((await lan.show(run)).state, "completed");
});

test("[FLEET-2] an unpaired agent loses its work at once and is forgotten", async () => {
  const lan = await lanWith(2);
  await lan.start("pair");
  const [first, second] = lan.agents;
  await lan.ask("fleet.unpair", { target: "agent-00" });
  await lan.settle();
  assert.ok(first?.heard.some((message) => message.kind === "unpair"));
  assert.equal(second?.assignments().length, 1);
  assert.equal(lan.journal.record("agent", "0".repeat(16)), undefined);
});

test("[FLEET-5] a result for another agent's attempt is discarded", async () => {
  const lan = await lanWith(2);
  const run = await lan.start("pair");
  const [first, second] = lan.agents;
  const { key } = only(first);
  second?.end(key);
  await lan.settle();
  assert.deepEqual(second?.verdicts(), ["discarded"]);
  assert.equal((await lan.show(run)).nodes[0]?.state, "running");
});

test("[FILE-8] a run keeps the definition it started with, also over a restart", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("pair");
  const [agent] = lan.agents;
  assert.ok(agent);
  const { key } = only(agent);
  lan.workflows.set("pair", PAIR.replace("argv: [b]", "argv: [edited]"));
  agent.held = [{ key, state: "running" }];
  await lan.restart();
  await lan.advance(1_000);
  agent.end(key);
  await lan.settle();
  assert.deepEqual(agent.assignments().at(-1)?.action, { kind: "argv", argv: ["b"] });
  assert.deepEqual(
    (await lan.show(run)).nodes.map((node) => node.path),
    ["a", "b"],
  );
});

test("[FLEET-3] an agent is known by its id, address, status, capabilities, load and last heartbeat", async () => {
  const lan = await lanWith(1);
  await lan.advance(1_500);
  lan.agents[0]?.say({ kind: "heartbeat", seq: 1, load: 0.5, running: 2, trouble: null });
  await lan.settle();
  const [info] = await lan.ask("fleet.list", {});
  assert.deepEqual(
    [info?.id, info?.addresses, info?.status, info?.capabilities?.slots, info?.load, info?.lastHeartbeat],
    ["0".repeat(16), ["10.0.0.1"], "busy", 2, 0.5, lan.clock.now()],
  );
  lan.agents[0]?.say({ kind: "heartbeat", seq: 2, load: 0.5, running: 0, trouble: "the disk is full" });
  await lan.settle();
  const [troubled] = await lan.ask("fleet.list", {});
  assert.deepEqual([troubled?.status, troubled?.reason], ["failed", "the disk is full"]);
});

test("[RUN-3] what runs is frozen as soon as its agent is back, when the run was paused meanwhile", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("pair");
  const [agent] = lan.agents;
  const { key } = only(agent);
  assert.ok(agent);
  agent.drop();
  await lan.ask("run.pause", { run, mode: "freeze" });
  agent.heard.length = 0;
  agent.held = [{ key, state: "running" }];
  await lan.advance(2_000);
  assert.ok(agent.heard.some((message) => message.kind === "freeze" && message.keys[0]?.fence === key.fence));
});

test("[FLEET-2] an agent that is unpaired gets nothing back of what it held", async () => {
  const lan = await lanWith(1);
  const run = await lan.start("pair");
  const [agent] = lan.agents;
  assert.ok(agent);
  await lan.ask("fleet.unpair", { target: "agent-00" });
  await lan.settle();
  assert.equal(agent.assignments().length, 1);
  assert.equal((await lan.show(run)).nodes[0]?.state, "suspended");
});
