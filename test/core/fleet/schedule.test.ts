import assert from "node:assert/strict";
import { test } from "node:test";
import { type AgentCapacity, NOTHING_USED } from "#core/fleet/capacity.ts";
import type { ResolvedRequirements } from "#core/model/attempt.ts";
import { type QueueEntry, compareEntries, defaultScheduler, whyWaiting } from "#core/fleet/schedule.ts";
import type { AgentId, EpochMs, NodePath, RunId, Sha256 } from "#core/model/id.ts";

const NEEDS: ResolvedRequirements = { labels: [], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null };

function agent(
  name: string,
  ordinal: number,
  changes: Partial<AgentCapacity> & { slots?: number; labels?: string[] } = {},
): AgentCapacity {
  const { slots = 2, labels = [], ...rest } = changes;
  return {
    id: name as AgentId,
    name,
    ordinal,
    status: "online",
    draining: false,
    capabilities: {
      labels,
      os: "linux",
      arch: "x64",
      cpus: 4,
      memoryBytes: 2 ** 30,
      gpus: 0,
      programs: ["awk"],
      slots,
      canFreeze: true,
    },
    used: NOTHING_USED,
    load: 0,
    ...rest,
  };
}

function entry(path: string, changes: Partial<QueueEntry> = {}): QueueEntry {
  const base = {
    run: "r" as RunId,
    path: path as NodePath,
    needs: NEEDS,
    files: [],
    remainingPath: 1,
    since: 0 as EpochMs,
    order: path.charCodeAt(0),
    avoid: [],
  };
  return { ...base, ...changes };
}

function place(agents: AgentCapacity[], queue: QueueEntry[], heldBytes = (_agent: AgentId) => 0): string[] {
  const schedule = defaultScheduler.schedule({ agents, heldBytes }, [...queue].sort(compareEntries));
  return schedule.placements.map((one) => `${one.entry.path}@${one.agent}`);
}

test("[FLEET-7] work is spread over the emptier agents and never beyond their slots", () => {
  const queue = ["a", "b", "c", "d", "e"].map((path) => entry(path));
  assert.deepEqual(place([agent("one", 0), agent("two", 1)], queue), ["a@one", "b@two", "c@one", "d@two"]);
});

test("[FLEET-7] the longest remaining path goes first", () => {
  assert.deepEqual(place([agent("one", 0, { slots: 1 })], [entry("short"), entry("long", { remainingPath: 9 })]), [
    "long@one",
  ]);
});

test("[FLEET-7] an agent that holds the files is preferred", () => {
  const files = [{ name: "f", sha256: "0".repeat(64) as Sha256, sizeBytes: 9 }];
  const heldBytes = (id: AgentId) => (id === "two" ? 9 : 0);
  assert.deepEqual(place([agent("one", 0), agent("two", 1)], [entry("a", { files })], heldBytes), ["a@two"]);
});

test("[FLEET-7] needs are respected: labels, programs, cpus, memory, exclusive, a named agent", () => {
  const agents = [agent("plain", 0), agent("special", 1, { labels: ["gpu"] })];
  const of = (needs: Partial<ResolvedRequirements>) => place(agents, [entry("a", { needs: { ...NEEDS, ...needs } })]);
  assert.deepEqual(of({ labels: ["gpu"] }), ["a@special"]);
  assert.deepEqual(of({ labels: ["awk"] }), ["a@plain"]);
  assert.deepEqual(of({ agent: "special" }), ["a@special"]);
  assert.deepEqual(of({ cpus: 5 }), []);
  assert.deepEqual(of({ memoryBytes: 2 ** 31 }), []);
  const exclusive = { needs: { ...NEEDS, exclusive: true } };
  assert.deepEqual(place([agent("one", 0)], [entry("a", exclusive), entry("b")]), ["a@one"]);
});

test("[FLEET-8] a draining or offline agent takes nothing new", () => {
  assert.deepEqual(
    place([agent("one", 0, { draining: true }), agent("two", 1, { status: "offline" })], [entry("a")]),
    [],
  );
});

test("[FAULT-5] an agent that lost the node is taken only when no other fits", () => {
  const avoid = { avoid: ["one" as AgentId] };
  assert.deepEqual(place([agent("one", 0), agent("two", 1)], [entry("a", avoid)]), ["a@two"]);
  assert.deepEqual(place([agent("one", 0)], [entry("a", avoid)]), ["a@one"]);
});

test("[NODE-2] the reason names what fails where and the smallest change", () => {
  const needs = { ...NEEDS, labels: ["ffmpeg"] };
  assert.equal(whyWaiting([], needs), "no agent is paired: pair a machine, or use this one");
  assert.equal(
    whyWaiting([agent("studio", 0)], needs),
    "no agent fits: studio lacks the label ffmpeg. To start it: start studio with --label ffmpeg",
  );
  const busy = agent("studio", 0, { used: { ...NOTHING_USED, slots: 2 } });
  assert.equal(whyWaiting([busy], NEEDS), "waiting for an agent: studio has all 2 slots in use");
});
