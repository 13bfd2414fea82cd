import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AgentCapacity, NOTHING_USED } from "#core/fleet/capacity.ts";
import type { ResolvedRequirements } from "#core/model/attempt.ts";
import { type Schedule, defaultScheduler, MAX_TOLD_WHILE_AWAY, whyWaiting } from "#core/fleet/schedule.ts";
import { NeedsQueue } from "#core/fleet/needs-queue.ts";
import { compareEntries, needsKey, type QueueEntry } from "#core/fleet/queue-entry.ts";
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

/** One pass over so many entries, and how many of them were looked at. */
function passOver(
  agents: AgentCapacity[],
  count: number,
  policy: "schedule" | "reschedule" = "schedule",
  needs: Partial<ResolvedRequirements> = {},
): Schedule & { readonly looked: number } {
  let looked = 0;
  function* queue(): Generator<QueueEntry> {
    for (let order = 0; order < count; order += 1) {
      looked += 1;
      yield entry(`e${order}`, { order, needs: { ...NEEDS, ...needs } });
    }
  }
  const schedule = defaultScheduler[policy]({ agents, heldBytes: () => 0 }, queue());
  return { ...schedule, looked };
}

const FULL = { ...NOTHING_USED, slots: 2 };

test("[FLEET-7] free slots of an agent that is away do not make the whole queue be looked at", () => {
  const busy = agent("busy", 0, { used: FULL });
  const away = [
    agent("gone", 1, { status: "offline" }),
    agent("leaving", 1, { draining: true }),
    agent("broken", 1, { status: "failed" }),
    agent("kept", 1, { used: { ...NOTHING_USED, slots: 1, exclusive: true } }),
    agent("new", 1, { capabilities: null }),
  ];
  for (const other of away)
    for (const policy of ["schedule", "reschedule"] as const) {
      const { looked, waiting } = passOver([busy, other], 1_000, policy);
      assert.deepEqual([other.name, looked, waiting.length], [other.name, 1, 1]);
    }
});

test("[NODE-2] while no agent is at hand many entries are told so, and no more than help anybody", () => {
  const { looked, waiting } = passOver([agent("one", 0, { status: "offline" })], MAX_TOLD_WHILE_AWAY + 500);
  assert.equal(looked, MAX_TOLD_WHILE_AWAY);
  assert.equal(waiting.length, MAX_TOLD_WHILE_AWAY);
  assert.deepEqual(
    [...new Set(waiting.map(({ reason }) => reason))],
    ["waiting for an agent: one is offline. To start it: start the agent on one"],
  );
});

test("[NODE-2] [FLEET-7] needs that fit nowhere are tried once in a pass, and every entry is told why", () => {
  const one = agent("one", 0);
  let asked = 0;
  const counting: AgentCapacity = {
    ...one,
    get capabilities() {
      asked += 1;
      return one.capabilities;
    },
  };
  const { placements, waiting } = passOver([counting], 10_000, "schedule", { labels: ["ffmpeg"] });
  assert.deepEqual([placements.length, waiting.length], [0, 10_000]);
  assert.ok(waiting.every(({ reason }) => reason.startsWith("no agent fits: one lacks the label ffmpeg")));
  assert.ok(asked < 100, `the agent was asked ${asked} times`);
});

test("[FLEET-7] what fits is placed although other needs before it fit nowhere", () => {
  const special = { needs: { ...NEEDS, labels: ["ffmpeg"] } };
  const queue = [entry("a", special), entry("b"), entry("c", special), entry("d"), entry("e")];
  assert.deepEqual(place([agent("one", 0)], queue), ["b@one", "d@one"]);
});

const needing = (id: string, order: number, label: string): QueueEntry =>
  entry(id, { order, needs: { ...NEEDS, labels: label === "" ? [] : [label] } });

test("[FLEET-7] a queue that is kept by needs gives the same placements as a list, and the same reasons by needs", () => {
  const kind = fc.constantFrom("", "", "ffmpeg", "gpu", "blender");
  const one = fc.record({ label: kind, remainingPath: fc.nat(3), since: fc.nat(3) });
  const seat = fc.record({ labels: fc.subarray(["ffmpeg", "gpu"]), used: fc.nat(2), isAway: fc.boolean() });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), fc.array(seat, { maxLength: 4 }), (kinds, seats) => {
      const entries = kinds
        .map(({ label, ...more }, order) => ({
          ...needing(`e${order}`, order, label),
          ...more,
          since: more.since as EpochMs,
        }))
        .sort(compareEntries);
      const agents = seats.map(({ labels, used, isAway }, ordinal) => {
        const plain = agent(`m${ordinal}`, ordinal, { used: { ...NOTHING_USED, slots: used } });
        const { capabilities } = plain;
        const status = isAway ? "offline" : plain.status;
        return { ...plain, status, capabilities: capabilities === null ? null : { ...capabilities, labels } } as const;
      });
      const kept = new NeedsQueue();
      for (const each of entries) kept.add(each);
      assert.deepEqual([...kept], entries);
      const fleet = { agents, heldBytes: () => 0 };
      const [list, byNeeds] = [entries, kept].map((queue) => defaultScheduler.schedule(fleet, queue));
      assert.deepEqual(byNeeds?.placements, list?.placements);
      const reasons = new Map(byNeeds?.waiting.map((waiting) => [needsKey(waiting.entry.needs), waiting.reason]));
      for (const waiting of list?.waiting ?? [])
        assert.equal(reasons.get(needsKey(waiting.entry.needs)), waiting.reason);
    }),
  );
});

test("[NODE-2] [FLEET-7] with 100,000 entries that fit nowhere a pass takes no longer than with a few, and all have their reason", () => {
  const kept = new NeedsQueue();
  for (let order = 0; order < 100_000; order += 1)
    kept.add(needing(`e${order}`, order, order % 2 === 0 ? "ffmpeg" : "gpu"));
  const fleet = { agents: [agent("one", 0)], heldBytes: () => 0 };
  const before = performance.now();
  const { placements, waiting } = defaultScheduler.schedule(fleet, kept);
  assert.ok(performance.now() - before < 200);
  assert.deepEqual(
    [placements.length, waiting.map(({ entry: { path }, isOfAllAlike }) => [path, isOfAllAlike])],
    [
      0,
      [
        ["e0", true],
        ["e1", true],
      ],
    ],
  );
});
