import assert from "node:assert/strict";
import { test } from "node:test";
import packet, { type Answer } from "dns-packet";
import fc from "fast-check";
import { MAX_PACKET_BYTES, MAX_TTL_MS, type ReceivedRecord, readResponse, writeQuery } from "#main/discovery/wire.ts";

const NAME = "lw-1._lanweave._tcp.local";

function response(answers: Answer[]): readonly ReceivedRecord[] {
  return readResponse(packet.encode({ type: "response", flags: packet.AUTHORITATIVE_ANSWER, answers }));
}

test("[FLEET-1] the useful records of a response are read, names in lower case", () => {
  const records = response([
    { type: "PTR", name: "_Lanweave._tcp.local", ttl: 120, data: NAME },
    { type: "SRV", name: NAME, ttl: 120, flush: true, data: { port: 7420, target: "LW-1.local" } },
    { type: "TXT", name: NAME, ttl: 120, data: ["id=1", "name=工作室"] },
    { type: "A", name: "lw-1.local", ttl: 120, data: "10.0.0.2" },
    { type: "AAAA", name: "lw-1.local", ttl: 120, data: "FE80::1" },
    { type: "HINFO", name: "lw-1.local", ttl: 120, data: { cpu: "x", os: "y" } },
  ]);
  assert.deepEqual(
    records.map(({ record }) => record),
    [
      { type: "PTR", name: "_lanweave._tcp.local", target: NAME },
      { type: "SRV", name: NAME, target: "lw-1.local", port: 7420 },
      { type: "TXT", name: NAME, entries: ["id=1", "name=工作室"] },
      { type: "A", name: "lw-1.local", address: "10.0.0.2" },
      { type: "AAAA", name: "lw-1.local", address: "fe80::1" },
    ],
  );
  assert.deepEqual(
    records.map(({ isFlush }) => isFlush),
    [false, true, false, false, false],
  );
});

test("[FLEET-1] a time to live is capped, and queries hold nothing for us", () => {
  assert.equal(response([{ type: "PTR", name: "a.local", ttl: 2 ** 31, data: "b.local" }])[0]?.ttlMs, MAX_TTL_MS);
  assert.deepEqual(readResponse(writeQuery([{ type: "PTR", name: NAME }], [])), []);
});

test("[FLEET-1] oversized packets, oversized TXT and headers that promise too much are not read", () => {
  assert.deepEqual(readResponse(Buffer.alloc(MAX_PACKET_BYTES + 1)), []);
  const data = Array.from({ length: 8 }, () => "x".repeat(200));
  assert.deepEqual(response([{ type: "TXT", name: NAME, ttl: 1, data }]), []);
  const promising = Buffer.alloc(12, 0xff);
  assert.deepEqual(readResponse(promising), []);
});

test("[FLEET-1] no packet makes the reader throw, and what it read can be asked for", () => {
  const sound = packet.encode({
    type: "response",
    answers: [
      { type: "PTR", name: "_lanweave._tcp.local", ttl: 120, data: NAME },
      { type: "SRV", name: NAME, ttl: 120, data: { port: 1, target: "lw-1.local" } },
      { type: "TXT", name: NAME, ttl: 120, data: ["id=1"] },
      { type: "A", name: "lw-1.local", ttl: 120, data: "10.0.0.2" },
    ],
  });
  const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 12 });
  const damaged = fc.tuple(damage, fc.nat(sound.length)).map(([changes, length]) => {
    const bytes = Buffer.from(sound);
    for (const [offset, value] of changes) bytes[offset] = value;
    return bytes.subarray(0, length);
  });
  const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(damaged, noise), (bytes) => {
      for (const { record } of readResponse(bytes)) {
        const query = packet.decode(writeQuery([{ type: record.type, name: record.name }], []));
        assert.equal(query.questions?.[0]?.name.toLowerCase(), record.name);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("[FLEET-1] a name that is no DNS name is not asked for", () => {
  const names = ["", "a..b", `${"x".repeat(64)}.local`, `${"x.".repeat(130)}local`];
  assert.deepEqual(
    packet.decode(
      writeQuery(
        names.map((name) => ({ type: "SRV", name })),
        [],
      ),
    ).questions,
    [],
  );
});

test("[FLEET-1] a name with a line break is not asked for: it would come out as another one", () => {
  const query = packet.decode(writeQuery([{ type: "PTR", name: "lw-\n._lanweave._tcp.local" }], []));
  assert.deepEqual(query.questions, []);
});
