import { type AgentCapacity, NOTHING_USED } from "#core/fleet/capacity.ts";
import { NeedsQueue } from "#core/fleet/needs-queue.ts";
import type { QueueEntry } from "#core/fleet/queue-entry.ts";
import { RunTurns } from "#core/fleet/run-shares.ts";
import { defaultScheduler } from "#core/fleet/schedule.ts";
import type { AgentId, EpochMs, NodePath, RunId } from "#core/model/id.ts";

// Passes of the scheduler over long queues of one and of many runs, each placing one attempt. Prints figures, promises nothing.

const QUEUED = 100_000;
const PASSES = 2_000;
const SLOTS = 8;
const NEEDS = { labels: [], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null };
const KINDS = [NEEDS, { ...NEEDS, labels: ["gpu"] }, { ...NEEDS, cpus: 2 }];

function agentOf(ordinal: number, slots: number): AgentCapacity {
  const machine = { labels: [], os: "linux", arch: "x64", cpus: SLOTS, memoryBytes: 2 ** 30, gpus: 0, programs: [] };
  return {
    id: String(ordinal).repeat(16) as AgentId,
    name: `m${ordinal}`,
    ordinal,
    status: "online",
    draining: false,
    capabilities: { ...machine, slots: SLOTS, canFreeze: true },
    used: { ...NOTHING_USED, slots },
    load: 0,
  };
}

function entryOf(order: number, runs: number): QueueEntry {
  const [run, path] = [`r${order % runs}` as RunId, `n${order}` as NodePath];
  const needs = KINDS[order % KINDS.length] ?? NEEDS;
  return { run, path, needs, files: [], remainingPath: 1, since: 0 as EpochMs, order, avoid: [] };
}

function measure(runs: number): void {
  const queue = new NeedsQueue();
  const turns = new RunTurns();
  const begin = performance.now();
  for (let order = 0; order < QUEUED; order += 1) queue.add(entryOf(order, runs));
  const filled = performance.now();
  const agents = [agentOf(0, SLOTS - 1), agentOf(1, SLOTS), agentOf(2, SLOTS), agentOf(3, SLOTS)];
  const shares = { inUse: () => 0, turn: (run: RunId) => turns.turn(run) };
  for (let pass = 0; pass < PASSES; pass += 1) {
    const aging = { nowMs: 0, kept: new Map() };
    const { placements } = defaultScheduler.schedule({ agents, heldBytes: () => 0, shares, aging }, queue);
    for (const { entry } of placements) {
      queue.remove(entry);
      turns.given(entry.run);
    }
  }
  const passMs = (performance.now() - filled) / PASSES;
  const figure = { bench: "scheduler", runs, queued: QUEUED, fillMs: Math.round(filled - begin) };
  console.log(JSON.stringify({ ...figure, passMs: Number(passMs.toFixed(4)) }));
}

for (const runs of [1, 100]) measure(runs);
