import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordCache } from "#main/discovery/record-cache.ts";
import { resolveSightings } from "#main/discovery/resolve.ts";
import type { MdnsRecord } from "#main/discovery/wire.ts";

const SERVICE = "_lanweave._tcp.local";
const FINGERPRINT = "ab".repeat(32);
const ID = FINGERPRINT.slice(0, 16);
const INSTANCE = `lw-${ID}.${SERVICE}`;
const HOST = `lw-${ID}.local`;
const TXT = [`id=${ID}`, "name=studio", "v=1", `fp=${FINGERPRINT}`, "lp=7421"];

interface Said {
  readonly link?: string;
  readonly nowMs?: number;
  readonly entries?: readonly string[];
  readonly addresses?: readonly string[];
  readonly port?: number;
}

function say(
  cache: RecordCache,
  { link = "eth0/4", nowMs = 0, entries = TXT, addresses = ["10.0.0.2"], port = 7420 }: Said = {},
): void {
  const records: MdnsRecord[] = [
    { type: "PTR", name: SERVICE, target: INSTANCE },
    { type: "SRV", name: INSTANCE, target: HOST, port },
    { type: "TXT", name: INSTANCE, entries },
    ...addresses.map((address): MdnsRecord => ({ type: address.includes(":") ? "AAAA" : "A", name: HOST, address })),
  ];
  const received = records.map((record) => ({ record, ttlMs: 120_000, isFlush: record.type !== "PTR" }));
  cache.accept(received, { link, source: link, nowMs, chance: 0 });
}

function resolve(cache: RecordCache): ReturnType<typeof resolveSightings> {
  return resolveSightings(cache, SERVICE, (link) => link.split("/")[0]);
}

test("[FLEET-1] a complete announcement is one sighting", () => {
  const cache = new RecordCache(SERVICE);
  say(cache, { addresses: ["10.0.0.2", "fe80::1", "fd00::2"] });
  assert.deepEqual(
    [...resolve(cache).sightings.values()],
    [
      {
        id: ID,
        name: "studio",
        protocol: 1,
        fingerprint: FINGERPRINT,
        linkPort: 7421,
        port: 7420,
        addresses: ["10.0.0.2", "fd00::2", "fe80::1%eth0"],
        instance: `lw-${ID}`,
      },
    ],
  );
});

test("[FLEET-1] what is missing is asked for, one step after the other", () => {
  const cache = new RecordCache(SERVICE);
  const hearing = { link: "eth0/4", source: "x", nowMs: 0, chance: 0 };
  const take = (record: MdnsRecord): string[] => {
    cache.accept([{ record, ttlMs: 120_000, isFlush: false }], hearing);
    return resolve(cache).missing.map(({ question }) => `${question.type} ${question.name}`);
  };
  assert.deepEqual(take({ type: "PTR", name: SERVICE, target: INSTANCE }), [`SRV ${INSTANCE}`, `TXT ${INSTANCE}`]);
  assert.deepEqual(take({ type: "SRV", name: INSTANCE, target: HOST, port: 1 }), [`TXT ${INSTANCE}`]);
  assert.deepEqual(take({ type: "TXT", name: INSTANCE, entries: TXT }), [`A ${HOST}`, `AAAA ${HOST}`]);
  assert.deepEqual(take({ type: "A", name: HOST, address: "10.0.0.2" }), []);
  assert.equal(resolve(cache).sightings.size, 1);
});

test("[FLEET-1] one agent heard on several interfaces is one sighting with all addresses, the latest word counting", () => {
  const cache = new RecordCache(SERVICE);
  say(cache, { link: "eth0/4", nowMs: 0, addresses: ["10.0.0.2"] });
  say(cache, { link: "wlan0/6", nowMs: 10, addresses: ["fe80::1"], port: 9000 });
  const [sighting] = resolve(cache).sightings.values();
  assert.deepEqual([sighting?.port, sighting?.addresses], [9000, ["10.0.0.2", "fe80::1%wlan0"]]);
});

test("[FLEET-1] a new address replaces the old one", () => {
  const cache = new RecordCache(SERVICE);
  say(cache, { nowMs: 0, addresses: ["10.0.0.2"] });
  say(cache, { nowMs: 5_000, addresses: ["10.0.0.9"] });
  cache.expire(6_000);
  assert.deepEqual([...resolve(cache).sightings.values()][0]?.addresses, ["10.0.0.9"]);
});

test("[FLEET-1] an announcement that is not an agent's is no sighting", () => {
  const broken: (readonly string[])[] = [
    [],
    TXT.filter((entry) => !entry.startsWith("fp=")),
    TXT.map((entry) => (entry.startsWith("id=") ? `id=${"0".repeat(16)}` : entry)),
    TXT.map((entry) => (entry.startsWith("lp=") ? "lp=99999" : entry)),
    TXT.map((entry) => (entry.startsWith("v=") ? "v=one" : entry)),
    ["=x", "novalue", `fp=${"z".repeat(64)}`],
  ];
  for (const entries of broken) {
    const cache = new RecordCache(SERVICE);
    say(cache, { entries });
    assert.equal(resolve(cache).sightings.size, 0, entries.join());
  }
});

test("[FLEET-1] names are cleaned of control characters, and addresses that lead nowhere are left out", () => {
  const cache = new RecordCache(SERVICE);
  say(cache, {
    entries: TXT.map((entry) => (entry.startsWith("name=") ? "name=\u001b[31mevil\u202e" : entry)),
    addresses: ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "10.0.0.2"],
  });
  const [sighting] = resolve(cache).sightings.values();
  assert.deepEqual([sighting?.name, sighting?.addresses], ["[31mevil", ["10.0.0.2"]]);
});
