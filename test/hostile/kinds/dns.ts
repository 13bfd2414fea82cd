import assert from "node:assert/strict";
import packet, { type Answer } from "dns-packet";
import { RecordCache } from "#main/discovery/record-cache.ts";
import { MAX_RECORDS_PER_LINK } from "#main/discovery/record-cache.ts";
import { MAX_ADDRESSES, MAX_SIGHTINGS, resolveSightings } from "#main/discovery/resolve.ts";
import { readResponse, writeQuery } from "#main/discovery/wire.ts";
import type { Chance } from "#test/sim/chance.ts";
import type { FuzzKind, FuzzTarget } from "../fuzz-kind.ts";
import { mangleBytes, randomBytes } from "../mangle.ts";

// Packets of multicast DNS as the browser reads them: records of agents, changed in their values or their bytes.

const SERVICE = "_lanweave._tcp.local";
const LINK = "eth0/4";

interface Claim {
  readonly fingerprint: string;
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly ttl: number;
}

const ADDRESSES = ["10.0.0.7", "0.0.0.0", "224.0.0.1", "255.255.255.255", "127.0.0.1", "169.254.1.1"] as const;
const NAMES = ["studio", "", "\u0000\u001b[2J", "\u202Egpj.exe", "🧶".repeat(40), "工作室", "x".repeat(240)] as const;

function claimOf(chance: Chance): Claim {
  const fingerprint = randomBytes(chance, 32).toString("hex");
  return {
    fingerprint,
    id: chance.is(0.9) ? fingerprint.slice(0, 16) : "0".repeat(16),
    name: chance.pick(NAMES),
    host: chance.is(0.9) ? `lw-${fingerprint.slice(0, 8)}.local` : SERVICE,
    address: chance.pick(ADDRESSES),
    port: chance.pick([7420, 0, 65_535]),
    ttl: chance.pick([120, 0, 1, 4_500, 2 ** 31]),
  };
}

function answersOf({ fingerprint, id, name, host, address, port, ttl }: Claim): Answer[] {
  const instance = `lw-${id}.${SERVICE}`;
  const data = [`id=${id}`, `name=${name}`, "v=1", `fp=${fingerprint}`, "lp=7421"];
  return [
    { type: "PTR", name: SERVICE, ttl, data: instance },
    { type: "SRV", name: instance, ttl, flush: true, data: { port, target: host } },
    { type: "TXT", name: instance, ttl, flush: true, data },
    { type: "A", name: host, ttl, flush: true, data: address },
    { type: "AAAA", name: host, ttl, flush: true, data: "fe80::1" },
  ];
}

function encode(answers: Answer[]): Buffer {
  return packet.encode({ type: "response", flags: packet.AUTHORITATIVE_ANSWER, answers });
}

function packetOf(chance: Chance): Buffer {
  const answers = answersOf(claimOf(chance));
  const chosen = answers.filter(() => chance.is(0.9));
  const whole = encode(chance.is(0.1) ? [...chosen, ...answersOf(claimOf(chance))] : chosen);
  const how = chance.next();
  if (how < 0.15) return whole;
  if (how < 0.2) return Buffer.concat([whole, Buffer.alloc(chance.pick([1, 9_000, 65_535]), chance.below(256))]);
  if (how < 0.25) return randomBytes(chance, chance.below(600));
  if (how < 0.3) return loopOf(chance);
  return mangleBytes(chance, whole);
}

/** Names that point at themselves, at each other, and forwards. */
function loopOf(chance: Chance): Buffer {
  const header = Buffer.from([0, 0, 0x84, 0, 0, 0, 0, chance.below(8), 0, 0, 0, chance.below(8)]);
  const pairs = Array.from({ length: 1 + chance.below(60) }, () => {
    const pointer = Buffer.from([0xc0 | chance.below(2), chance.below(80)]);
    return chance.is(0.5) ? pointer : Buffer.concat([Buffer.from([1, 0x61]), pointer]);
  });
  return Buffer.concat([header, ...pairs, randomBytes(chance, chance.below(30))]);
}

class DnsTarget implements FuzzTarget {
  #cache = new RecordCache(SERVICE);
  #nowMs = 0;

  play(chance: Chance): void {
    this.#nowMs += chance.below(50);
    this.#hear(packetOf(chance), `10.0.0.${String(chance.below(20))}`, chance.next());
    if (chance.is(0.05)) this.#cache.expire(this.#nowMs);
    for (const { question } of this.#cache.due(this.#nowMs)) writeQuery([question], []);
    if (chance.is(0.01)) this.#look();
  }

  #hear(bytes: Buffer, source: string, chance: number): void {
    this.#cache.accept(readResponse(bytes), { link: LINK, source, nowMs: this.#nowMs, chance });
    assert.ok(this.#cache.size <= MAX_RECORDS_PER_LINK);
  }

  #look(): ReturnType<typeof resolveSightings> {
    const resolution = resolveSightings(this.#cache, SERVICE, () => "eth0");
    assert.ok(resolution.sightings.size <= MAX_SIGHTINGS);
    for (const [id, { fingerprint, name, addresses, instance }] of resolution.sightings) {
      assert.equal(id, fingerprint.slice(0, 16));
      assert.doesNotMatch(`${name}${instance}`, /[\p{Cc}\p{Cf}]/u);
      assert.ok(addresses.length > 0 && addresses.length <= MAX_ADDRESSES);
      for (const address of addresses) assert.doesNotMatch(address, /^(0\.|22[4-9]\.|255\.|ff[0-9a-f]{2}:)/);
    }
    writeQuery(
      resolution.missing.slice(0, 20).map(({ question }) => question),
      this.#cache.knownAnswers(LINK, this.#nowMs),
    );
    return resolution;
  }

  /** An honest agent is seen, and gone after its goodbye. */
  greet(): void {
    const fingerprint = "e".repeat(64);
    const honest = {
      fingerprint,
      id: "e".repeat(16),
      name: "honest",
      host: "honest.local",
      address: "10.0.0.99",
      port: 7420,
    };
    this.#nowMs += 1_001;
    this.#hear(encode(answersOf({ ...honest, ttl: 120 })), "10.0.0.99", 0);
    const seen = this.#look().sightings.get(honest.id as never);
    assert.deepEqual(seen?.addresses, ["10.0.0.99", "fe80::1%eth0"]);
    this.#hear(encode(answersOf({ ...honest, ttl: 0 })), "10.0.0.99", 0);
    this.#nowMs += 1_001;
    this.#cache.expire(this.#nowMs);
    assert.equal(this.#look().sightings.has(honest.id as never), false);
  }

  dispose(): void {
    this.#cache = new RecordCache(SERVICE);
  }
}

export const dnsKind: FuzzKind = { name: "dns", weight: 178, batch: 5_000, open: () => new DnsTarget() };
