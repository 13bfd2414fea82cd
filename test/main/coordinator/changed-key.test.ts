import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId, Sha256 } from "#core/model/id.ts";
import type { Sighting } from "#core/ports/discovery.ts";
import { FleetBook } from "#main/coordinator/fleet-book.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { VirtualClock } from "#test/support/virtual-clock.ts";

const ID = "a".repeat(16) as AgentId;

function sighting(id: string, name: string, fingerprint: string): Sighting {
  return {
    id: id as AgentId,
    name,
    fingerprint: fingerprint as Sha256,
    addresses: ["10.0.0.5"],
    port: 7420,
    linkPort: 7421,
    protocol: 1,
    instance: `lw-${id}`,
  };
}

function fleetWithStudio(): FleetBook {
  const fleet = new FleetBook(new VirtualClock(), new MemoryJournal());
  const place = { addresses: ["10.0.0.5"], port: 7420, linkPort: 7421 };
  fleet.pair({ id: ID, name: "studio", fingerprint: "a".repeat(64), ...place, isLocal: false, isKept: false });
  return fleet;
}

test("[FLEET-2] an announcement of a paired agent with another key changes nothing, and is shown for what it may be", () => {
  const fleet = fleetWithStudio();
  fleet.seen({ ...sighting(ID, "studio", `${"a".repeat(16)}${"b".repeat(48)}`), addresses: ["10.9.9.9"] });
  assert.deepEqual(fleet.target(ID)?.addresses, ["10.0.0.5"]);
  assert.match(fleet.info(ID)?.reason ?? "", /the key of studio changed since it was paired: if you reinstalled it/);
});

test("[FLEET-2] while a paired agent is away, one of its name with another key is pointed out", () => {
  const fleet = fleetWithStudio();
  fleet.closed(ID, "nobody answers");
  assert.equal(fleet.info(ID)?.reason, "nobody answers");
  fleet.seen(sighting("b".repeat(16), "studio", "b".repeat(64)));
  assert.match(
    fleet.info(ID)?.reason ?? "",
    /^nobody answers; another agent named studio, with another key, is on the network \(b{16}\): if you reinstalled it, unpair it and pair it again; else somebody may be posing as it$/,
  );
  assert.equal(fleet.info("b".repeat(16) as AgentId)?.reason, null);
});
