import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AgentCapacity, NOTHING_USED, reserve } from "#core/fleet/capacity.ts";
import { misfit } from "#core/fleet/fit.ts";
import { KEEP_FREE_AFTER_MS, type Kept } from "#core/fleet/keep-free.ts";
import { NeedsQueue } from "#core/fleet/needs-queue.ts";
import type { QueueEntry } from "#core/fleet/queue-entry.ts";
import { RunTurns, shareOf } from "#core/fleet/run-shares.ts";
import { defaultScheduler, type Schedule } from "#core/fleet/schedule.ts";
import { BYTES_WORTH_AN_AGENT } from "#core/fleet/seat.ts";
import type { ResolvedRequirements } from "#core/model/attempt.ts";
import type { AgentId, EpochMs, NodePath, RunId, Sha256 } from "#core/model/id.ts";

const NEEDS: ResolvedRequirements = { labels: [], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null };

interface Job {
  readonly run: string;
  readonly lengthMs: number;
  readonly atMs?: number;
  readonly needs?: Partial<ResolvedRequirements>;
}

interface Begun {
  readonly job: Job;
  readonly agent: AgentId;
  readonly atMs: number;
}

/** A fleet in virtual time: jobs join the queue, are placed by the default scheduler, run for their length, and end. */
class Fleet {
  readonly begun: Begun[] = [];
  nowMs = 0;
  readonly #queue = new NeedsQueue();
  readonly #turns = new RunTurns();
  readonly #jobs = new Map<QueueEntry, Job>();
  readonly #agents: AgentCapacity[];
  #running: { readonly entry: QueueEntry; readonly agent: AgentId; readonly untilMs: number }[] = [];
  #kept: ReadonlyMap<AgentId, Kept> = new Map();
  last: Schedule = { placements: [], waiting: [] };

  constructor(slots: readonly number[]) {
    this.#agents = slots.map((count, ordinal) => ({
      id: `m${ordinal}` as AgentId,
      name: `m${ordinal}`,
      ordinal,
      status: "online",
      draining: false,
      capabilities: {
        labels: [],
        os: "linux",
        arch: "x64",
        cpus: 4,
        memoryBytes: 2 ** 30,
        gpus: 0,
        programs: [],
        slots: count,
        canFreeze: true,
      },
      used: NOTHING_USED,
      load: 0,
    }));
  }

  #usedBy(run: RunId): number {
    return this.#running.reduce((sum, { entry }) => sum + (entry.run === run ? shareOf(entry.needs) : 0), 0);
  }

  #seen(): readonly AgentCapacity[] {
    return this.#agents.map((agent) => ({
      ...agent,
      used: this.#running
        .filter((one) => one.agent === agent.id)
        .reduce((used, { entry }) => reserve(used, entry.needs), NOTHING_USED),
    }));
  }

  #pass(): void {
    const shares = { inUse: (run: RunId) => this.#usedBy(run), turn: (run: RunId) => this.#turns.turn(run) };
    const aging = { nowMs: this.nowMs, kept: this.#kept };
    this.last = defaultScheduler.schedule({ agents: this.#seen(), heldBytes: () => 0, shares, aging }, this.#queue);
    this.#kept = this.last.kept ?? new Map();
    for (const { entry, agent } of this.last.placements) {
      const job = this.#jobs.get(entry);
      assert.ok(job !== undefined);
      this.#queue.remove(entry, this.nowMs);
      this.#turns.given(entry.run);
      this.#running.push({ entry, agent, untilMs: this.nowMs + job.lengthMs });
      this.begun.push({ job, agent, atMs: this.nowMs });
    }
    this.#checkBusy();
  }

  /** Only an agent that is kept free has a place for what waits. */
  #checkBusy(): void {
    const keptFree = new Set([...this.#kept].flatMap(([agent, { key }]) => (key === null ? [] : [agent])));
    for (const agent of this.#seen())
      if (!keptFree.has(agent.id))
        for (const { needs } of this.#queue) assert.ok(misfit(agent, needs) !== null, `${agent.name} idles`);
  }

  /** Everything that happens until all is done, with a pass each second and whenever something changes. */
  play(jobs: readonly Job[]): readonly Begun[] {
    const toCome = [...jobs].sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
    for (let order = 0; toCome.length > 0 || this.#queue.size > 0 || this.#running.length > 0;) {
      const times = [this.nowMs + 1_000, ...this.#running.map(({ untilMs }) => untilMs), toCome[0]?.atMs ?? Infinity];
      const isFirst = order === 0 && (toCome[0]?.atMs ?? 0) === 0;
      if (!isFirst) this.nowMs = Math.min(...times.filter((time) => time > this.nowMs || order === 0));
      this.#running = this.#running.filter(({ untilMs }) => untilMs > this.nowMs);
      for (let job = toCome[0]; job !== undefined && (job.atMs ?? 0) <= this.nowMs; job = toCome[0]) {
        toCome.shift();
        const entry: QueueEntry = {
          run: job.run as RunId,
          path: `n${order}` as NodePath,
          needs: { ...NEEDS, ...job.needs },
          files: [],
          remainingPath: 1,
          since: this.nowMs as EpochMs,
          order: order++,
          avoid: [],
        };
        this.#jobs.set(entry, job);
        this.#queue.add(entry, this.nowMs);
        this.#turns.join(entry.run);
      }
      this.#pass();
      assert.ok(this.nowMs < 100_000_000, "it does not end");
    }
    return this.begun;
  }
}

const times = (count: number, job: Job): Job[] => Array.from({ length: count }, () => job);

test("[FLEET-7] a small run that comes later is not held up by a long queue of another", () => {
  const jobs = [
    ...times(400, { run: "big", lengthMs: 1_000 }),
    ...times(3, { run: "small", lengthMs: 500, atMs: 2_500 }),
  ];
  const begun = new Fleet([2, 2]).play(jobs);
  const small = begun.filter(({ job }) => job.run === "small").map(({ atMs }) => atMs);
  assert.ok(small.length === 3 && small.every((atMs) => atMs <= 4_000), `begun at ${String(small)}`);
});

test("[FLEET-7] runs that wait for one slot take turns, however many join", () => {
  const many = Array.from({ length: 60 }, (_, index) => ({ run: `r${index}`, lengthMs: 100, atMs: index * 50 }));
  const begun = new Fleet([1]).play([...times(50, { run: "old", lengthMs: 100 }), ...many]);
  const old = begun.flatMap(({ job }, index) => (job.run === "old" ? [index] : []));
  const gaps = old.map((index, at) => index - (old[at - 1] ?? 0));
  assert.ok(Math.max(...gaps) <= 60, `the old run waited for ${Math.max(...gaps)} others`);
  assert.ok(begun.findIndex(({ job }) => job.run === "r0") <= 3);
});

test("[FLEET-7] no run starves, and no slot idles while something that waits would fit it", () => {
  const needs = fc.constantFrom({}, {}, {}, { cpus: 1 }, { cpus: 3 }, { exclusive: true });
  const job = fc.record({
    run: fc.constantFrom("a", "b", "c"),
    lengthMs: fc.integer({ min: 1, max: 20_000 }),
    atMs: fc.nat(60_000),
    needs,
  });
  const slots = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(slots, fc.array(job, { minLength: 1, maxLength: 60 }), (counts, jobs) => {
      assert.equal(new Fleet(counts).play(jobs).length, jobs.length);
    }),
    { numRuns: 60 },
  );
});

test("[FLEET-7] an exclusive task is not starved by many small ones, and they are not by many exclusive ones", () => {
  const small = Array.from({ length: 600 }, (_, index) => ({ run: "small", lengthMs: 1_000 + (index % 7) * 100 }));
  const whole = times(3, { run: "small", lengthMs: 2_000, needs: { exclusive: true } });
  const begun = new Fleet([3]).play([...small, ...whole]);
  const exclusive = begun.filter(({ job }) => job.needs?.exclusive === true).map(({ atMs }) => atMs);
  assert.equal(exclusive.length, 3);
  assert.ok((exclusive[0] ?? Infinity) < KEEP_FREE_AFTER_MS + 3_000, `the first began at ${String(exclusive[0])}`);
  assert.ok((exclusive[2] ?? Infinity) < 4 * KEEP_FREE_AFTER_MS, `the last began at ${String(exclusive[2])}`);
  const between = begun.filter(
    ({ job, atMs }) => !job.needs && atMs > (exclusive[0] ?? 0) && atMs < (exclusive[1] ?? 0),
  );
  assert.ok(between.length > 40, `${between.length} small ones ran between two exclusive ones`);
});

test("[FLEET-7] a task that needs many CPUs gets an agent kept free for it, one of two", () => {
  const small = Array.from({ length: 900 }, (_, index) => ({
    run: "small",
    lengthMs: 1_000 + (index % 5) * 200,
    needs: { cpus: 1 },
  }));
  const fleet = new Fleet([4, 4]);
  const begun = fleet.play([...small, { run: "large", lengthMs: 1_000, needs: { cpus: 4 } }]);
  const large = begun.find(({ job }) => job.run === "large");
  assert.ok((large?.atMs ?? Infinity) < KEEP_FREE_AFTER_MS + 3_000, `it began at ${String(large?.atMs)}`);
});

test("[NODE-2] whoever waits for an agent that is kept free is told so", () => {
  const queue = new NeedsQueue();
  const one = (path: string, needs: Partial<ResolvedRequirements>, order: number): QueueEntry => {
    const rest = { run: "r" as RunId, files: [], remainingPath: 1, since: 0 as EpochMs, avoid: [] };
    return { ...rest, path: path as NodePath, needs: { ...NEEDS, ...needs }, order };
  };
  queue.add(one("whole", { exclusive: true }, 1), 0);
  queue.add(one("small", {}, 2), 0);
  const capabilities = {
    labels: [],
    os: "linux",
    arch: "x64",
    cpus: 4,
    memoryBytes: 1,
    gpus: 0,
    programs: [],
    slots: 2,
    canFreeze: true,
  };
  const used = { ...NOTHING_USED, slots: 1 };
  const agent: AgentCapacity = {
    id: "m" as AgentId,
    name: "studio",
    ordinal: 0,
    status: "online",
    draining: false,
    capabilities,
    used,
    load: 0,
  };
  const pass = (nowMs: number, kept: ReadonlyMap<AgentId, Kept>) =>
    defaultScheduler.schedule({ agents: [agent], heldBytes: () => 0, aging: { nowMs, kept } }, queue);
  assert.deepEqual(
    pass(0, new Map()).placements.map(({ entry }) => entry.path),
    ["small"],
  );
  const later = pass(KEEP_FREE_AFTER_MS, new Map());
  assert.deepEqual(later.placements, []);
  assert.equal(
    later.waiting[0]?.reason,
    "waiting for an agent: studio is not empty, as an exclusive task needs it; studio is kept free for it",
  );
  assert.equal(later.kept?.get("m" as AgentId)?.atMs, KEEP_FREE_AFTER_MS);
});

test("[FLEET-7] files that are there already count by their size: a small one does not decide for a busy machine", () => {
  const capabilities = {
    labels: [],
    os: "linux",
    arch: "x64",
    cpus: 4,
    memoryBytes: 1,
    gpus: 0,
    programs: [],
    slots: 4,
    canFreeze: true,
  };
  const agentOf = (name: string, ordinal: number, slots: number, load = 0): AgentCapacity => {
    const used = { ...NOTHING_USED, slots };
    return { id: name as AgentId, name, ordinal, status: "online", draining: false, capabilities, used, load };
  };
  const placed = (sizeBytes: number, holder: AgentCapacity, other: AgentCapacity): string | undefined => {
    const files = [{ name: "f", sha256: "0".repeat(64) as Sha256, sizeBytes }];
    const entry: QueueEntry = {
      run: "r" as RunId,
      path: "a" as NodePath,
      needs: NEEDS,
      files,
      remainingPath: 1,
      since: 0 as EpochMs,
      order: 1,
      avoid: [],
    };
    const heldBytes = (id: AgentId): number => (id === holder.id ? sizeBytes : 0);
    return defaultScheduler.schedule({ agents: [other, holder], heldBytes }, [entry]).placements[0]?.agent;
  };
  assert.equal(placed(1_000, agentOf("holder", 1, 0), agentOf("other", 0, 0)), "holder");
  assert.equal(placed(1_000, agentOf("holder", 1, 3), agentOf("other", 0, 0)), "other");
  assert.equal(placed(BYTES_WORTH_AN_AGENT, agentOf("holder", 1, 3), agentOf("other", 0, 0)), "holder");
  assert.equal(placed(1_000, agentOf("holder", 1, 0, 1), agentOf("other", 0, 0, 0.1)), "other");
});
