import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  DOUBT_MS,
  GOODBYE_MS,
  type Hearing,
  MAX_RECORDS_PER_LINK,
  MAX_RECORDS_PER_SOURCE,
  RecordCache,
} from "#main/discovery/record-cache.ts";
import type { MdnsRecord, ReceivedRecord } from "#main/discovery/wire.ts";

const SERVICE = "_lanweave._tcp.local";
const INSTANCE = `lw-1.${SERVICE}`;
const PTR: MdnsRecord = { type: "PTR", name: SERVICE, target: INSTANCE };
const SRV: MdnsRecord = { type: "SRV", name: INSTANCE, target: "lw-1.local", port: 7420 };

function heard(record: MdnsRecord, ttlSeconds = 120, isFlush = false): ReceivedRecord {
  return { record, ttlMs: ttlSeconds * 1000, isFlush };
}

function at(nowMs: number, link = "eth0/4", source = "10.0.0.2"): Hearing {
  return { link, source, nowMs, chance: 0 };
}

function address(last: number): MdnsRecord {
  return { type: "A", name: "lw-1.local", address: `10.0.0.${last}` };
}

function addresses(cache: RecordCache, link = "eth0/4"): string[] {
  return cache.find("A", "lw-1.local", link).map(({ record }) => record.address);
}

test("[FLEET-1] a record is asked for at 80, 85, 90 and 95 % of its time, then forgotten", () => {
  const cache = new RecordCache(SERVICE);
  cache.accept([heard(PTR, 100)], at(0));
  const asked: number[] = [];
  for (let nowMs = 0; cache.size > 0; nowMs = cache.nextMs()) {
    if (cache.due(nowMs).length > 0) asked.push(nowMs);
    if (cache.expire(nowMs)) asked.push(-nowMs);
  }
  assert.deepEqual(asked, [80_000, 85_000, 90_000, 95_000, -100_000]);
});

test("[FLEET-1] an answer in time renews a record", () => {
  const cache = new RecordCache(SERVICE);
  cache.accept([heard(PTR, 100)], at(0));
  assert.equal(cache.accept([heard(PTR, 100)], at(81_000)), false);
  assert.equal(cache.expire(180_999), false);
  assert.equal(cache.nextMs(), 161_000);
  assert.equal(cache.expire(181_000), true);
});

test("[FLEET-1] a goodbye leaves a record one second, and makes other links doubt it", () => {
  const cache = new RecordCache(SERVICE);
  cache.accept([heard(PTR)], at(0));
  cache.accept([heard(PTR)], at(0, "wlan0/4"));
  cache.accept([heard(PTR, 0)], at(5_000));
  assert.deepEqual(cache.due(5_000), [{ link: "wlan0/4", question: { type: "PTR", name: SERVICE } }]);
  cache.expire(5_000 + GOODBYE_MS);
  assert.deepEqual(cache.links(), ["wlan0/4"]);
  cache.expire(5_000 + DOUBT_MS);
  assert.equal(cache.size, 0);
});

test("[FLEET-1] a link that answers the doubt keeps its record", () => {
  const cache = new RecordCache(SERVICE);
  cache.accept([heard(PTR)], at(0));
  cache.accept([heard(PTR)], at(0, "wlan0/4"));
  cache.accept([heard(PTR, 0)], at(5_000));
  cache.accept([heard(PTR)], at(5_200, "wlan0/4"));
  cache.expire(60_000);
  assert.deepEqual(cache.links(), ["wlan0/4"]);
});

test("[FLEET-1] a flush replaces older addresses of the same host, not those of the same announcement", () => {
  const cache = new RecordCache(SERVICE);
  cache.accept([heard(SRV), heard(address(1)), heard(address(2))], at(0));
  cache.accept([heard(address(3), 120, true), heard(address(4), 120, true)], at(10_000));
  cache.expire(10_000 + GOODBYE_MS);
  assert.deepEqual(addresses(cache).sort(), ["10.0.0.3", "10.0.0.4"]);
});

test("[FLEET-1] pointers are shared: a flush does not remove other agents", () => {
  const cache = new RecordCache(SERVICE);
  cache.accept([heard(PTR)], at(0));
  cache.accept([heard({ ...PTR, target: `lw-2.${SERVICE}` }, 120, true)], at(10_000));
  cache.expire(20_000);
  assert.equal(cache.find("PTR", SERVICE, "eth0/4").length, 2);
});

test("[FLEET-1] known answers are those with more than half their time left", () => {
  const cache = new RecordCache(SERVICE);
  cache.accept([heard(PTR, 100)], at(0));
  assert.deepEqual(cache.knownAnswers("eth0/4", 40_000), [{ name: SERVICE, target: INSTANCE, ttlSeconds: 60 }]);
  assert.deepEqual(cache.knownAnswers("eth0/4", 50_000), []);
  assert.deepEqual(cache.knownAnswers("wlan0/4", 0), []);
});

test("[FLEET-1] what does not lead from the service to an address is not kept", () => {
  const cache = new RecordCache(SERVICE);
  const strangers: MdnsRecord[] = [
    { type: "PTR", name: "_googlecast._tcp.local", target: "tv._googlecast._tcp.local" },
    { type: "PTR", name: SERVICE, target: "other._ipp._tcp.local" },
    { type: "SRV", name: "printer._ipp._tcp.local", target: "printer.local", port: 631 },
    { type: "TXT", name: "printer._ipp._tcp.local", entries: [] },
    { type: "A", name: "printer.local", address: "10.0.0.9" },
  ];
  assert.equal(
    cache.accept(
      strangers.map((record) => heard(record)),
      at(0),
    ),
    false,
  );
  assert.equal(cache.size, 0);
  // An address before its service in one packet is fine.
  cache.accept([heard(address(1)), heard(SRV)], at(0));
  assert.equal(cache.size, 2);
});

test("[FLEET-1] one sender cannot fill the cache for the others", () => {
  const cache = new RecordCache(SERVICE);
  for (let number = 0; number < 2 * MAX_RECORDS_PER_SOURCE; number++) {
    cache.accept([heard({ ...PTR, target: `x${number}.${SERVICE}` })], at(0, "eth0/4", "10.0.0.66"));
  }
  assert.equal(cache.size, MAX_RECORDS_PER_SOURCE);
  assert.equal(cache.accept([heard(PTR)], at(0)), true);
  cache.dropLink("eth0/4");
  assert.deepEqual([cache.size, cache.links()], [0, []]);
});

const anyRecord = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((n): MdnsRecord => ({ type: "PTR", name: SERVICE, target: `lw-${n}.${SERVICE}` })),
  fc
    .integer({ min: 1, max: 3 })
    .map((n): MdnsRecord => ({ type: "SRV", name: `lw-${n}.${SERVICE}`, target: `lw-${n}.local`, port: 1 })),
  fc.integer({ min: 1, max: 9 }).map(address),
);
const anyStep = fc.record({
  waitMs: fc.integer({ min: 0, max: 4_000 }),
  link: fc.constantFrom("eth0/4", "wlan0/6"),
  chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
  records: fc.array(
    fc.record({ record: anyRecord, ttlMs: fc.constantFrom(0, 0, 1_000, 9_000, 120_000), isFlush: fc.boolean() }),
    { maxLength: 4 },
  ),
});

test("[FLEET-1] whatever is heard, nothing outlives what its sender said, and a goodbye ends it on every link", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const cache = new RecordCache(SERVICE);
      const believedUntil = new Map<string, number>();
      let nowMs = 0;
      for (const { waitMs, link, chance, records } of steps) {
        nowMs += waitMs;
        cache.expire(nowMs);
        cache.accept(records, { link, source: link, nowMs, chance });
        note(believedUntil, records, link, nowMs);
        check(cache, believedUntil, nowMs);
      }
      for (let rounds = 0; cache.size > 0; rounds++) {
        assert.ok(rounds < 1_000, "time alone empties the cache");
        const next = cache.nextMs();
        cache.due(next);
        cache.expire(next);
      }
      assert.deepEqual([cache.links(), cache.nextMs()], [[], Infinity]);
    }),
    { numRuns: 200 },
  );
});

/** The latest moment each record may be believed, by what was said of it alone. */
function note(
  believedUntil: Map<string, number>,
  records: readonly ReceivedRecord[],
  link: string,
  nowMs: number,
): void {
  // The cache takes addresses last, because only then it knows which hosts matter.
  const ordered = [...records].sort(
    (left, right) => Number(left.record.type === "A") - Number(right.record.type === "A"),
  );
  for (const { record, ttlMs } of ordered) {
    for (const on of ["eth0/4", "wlan0/6"]) {
      const key = JSON.stringify([on, record]);
      const limit = on === link ? GOODBYE_MS : DOUBT_MS;
      if (ttlMs === 0) believedUntil.set(key, Math.min(believedUntil.get(key) ?? 0, nowMs + limit));
    }
    if (ttlMs > 0) believedUntil.set(JSON.stringify([link, record]), nowMs + ttlMs);
  }
}

function check(cache: RecordCache, believedUntil: ReadonlyMap<string, number>, nowMs: number): void {
  for (const link of cache.links()) {
    for (const type of ["PTR", "SRV", "A"] as const) {
      for (const name of [SERVICE, INSTANCE, "lw-1.local"]) {
        for (const { record, expiresMs } of cache.find(type, name, link)) {
          assert.ok(expiresMs > nowMs && expiresMs <= (believedUntil.get(JSON.stringify([link, record])) ?? 0));
        }
      }
    }
  }
}

test("[FLEET-1] on a link that is full of others' records, who has little to say is heard", () => {
  const cache = new RecordCache(SERVICE);
  for (let source = 0; source < 12; source++)
    for (let number = 0; number < MAX_RECORDS_PER_SOURCE; number++) {
      const target = `lw-${source}-${number}.${SERVICE}`;
      const hearing = { link: "eth0/4", source: `10.0.0.${source}`, nowMs: 0, chance: 0 };
      cache.accept([{ record: { type: "PTR", name: SERVICE, target }, ttlMs: 120_000, isFlush: false }], hearing);
    }
  const honest: MdnsRecord = { type: "PTR", name: SERVICE, target: `lw-honest.${SERVICE}` };
  const hearing = { link: "eth0/4", source: "10.0.0.99", nowMs: 1, chance: 0 };
  assert.equal(cache.accept([{ record: honest, ttlMs: 120_000, isFlush: false }], hearing), true);
  assert.ok(cache.find("PTR", SERVICE, "eth0/4").some(({ record }) => record.target === honest.target));
  assert.ok(cache.size <= MAX_RECORDS_PER_LINK);
});
