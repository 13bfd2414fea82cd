import assert from "node:assert/strict";
import { test } from "node:test";
import { DisposableStack } from "#core/base/dispose.ts";
import type { AgentId } from "#core/model/id.ts";
import { RecordCache } from "#main/discovery/record-cache.ts";
import { resolveSightings } from "#main/discovery/resolve.ts";
import type { MdnsRecord } from "#main/discovery/wire.ts";
import { eventually, runThrough, SaidDiscovery, startLan } from "./peers/real-links-lan.ts";
import { startSmallAgent } from "./peers/small-agent.ts";
import { startSmallApp } from "./peers/small-app.ts";

const SERVICE = "_lanweave._tcp.local";
const LINK = "eth0/4";

function claim(instance: string, fingerprint: string, address: string): MdnsRecord[] {
  const name = `${instance}.${SERVICE}`;
  const host = `${instance}.local`;
  const entries = [`id=${fingerprint.slice(0, 16)}`, "name=studio", "v=1", `fp=${fingerprint}`, "lp=7421"];
  return [
    { type: "PTR", name: SERVICE, target: name },
    { type: "SRV", name, target: host, port: 7420 },
    { type: "TXT", name, entries },
    { type: "A", name: host, address },
  ];
}

test("[FLEET-1] a record with a paired agent's id and another key is left out, whenever it came", () => {
  const real = "a".repeat(64);
  const forged = `${"a".repeat(16)}${"b".repeat(48)}`;
  for (const order of [
    [real, forged],
    [forged, real],
  ]) {
    const cache = new RecordCache(SERVICE);
    order.forEach((fingerprint, nowMs) => {
      const address = fingerprint === real ? "10.0.0.2" : "10.0.0.66";
      const received = claim(`lw-${fingerprint.slice(16, 20)}`, fingerprint, address);
      const hearing = { link: LINK, source: address, nowMs, chance: 0 };
      cache.accept(
        received.map((record) => ({ record, ttlMs: 120_000, isFlush: false })),
        hearing,
      );
    });
    const { sightings } = resolveSightings(
      cache,
      SERVICE,
      () => undefined,
      () => real,
    );
    const seen = sightings.get(real.slice(0, 16) as AgentId);
    assert.deepEqual([seen?.fingerprint, seen?.addresses], [real, ["10.0.0.2"]]);
  }
});

test("[FLEET-1] a record that says a paired agent is elsewhere does not keep its app from finding it where it was", async (context) => {
  const cleanup = new DisposableStack();
  context.after(() => cleanup.dispose());
  const agent = await startSmallAgent(cleanup, { name: "honest", link: { kind: "desk" } });
  const app = await startSmallApp(cleanup);
  await app.pair(agent);
  const discovery = new SaidDiscovery();
  const workflows = { anywhere: "lanweave: 1\nname: anywhere\nnodes:\n  - { id: a, type: task, run: echo }\n" };
  const lan = startLan(app, [{ agent, name: "honest" }], workflows, { discovery });
  cleanup.defer(() => lan.coordinator.dispose());
  // Its own key, which anybody can read off the LAN, at a port where nobody is.
  discovery.say({ ...agent, target: { ...agent.target, addresses: ["127.0.0.66"], linkPort: 1 } });
  await eventually("agent", async () => {
    const [shown] = await lan.ask("fleet.list", {});
    return shown?.status === "online" || undefined;
  });
  assert.equal(await runThrough(lan, "anywhere"), "completed");
});
