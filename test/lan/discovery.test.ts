import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { hostAt, idOf, makeLan, startAgent, watch } from "../support/discovery.ts";
import { canUseNetns } from "../support/netns.ts";

const NOISE = join(import.meta.dirname, "../main/discovery/noise-program.ts");
const skip = canUseNetns() ?? false;

test(
  "[FLEET-1] an agent is found within 2 s of its start, over IPv4 and IPv6, and gone within 5 s of a clean stop",
  { skip },
  async (t) => {
    const lan = await makeLan(t, 2);
    const browser = await watch(hostAt(lan, 0));
    const agent = await startAgent(hostAt(lan, 1), "工作室");
    const both = await browser.seen("工作室", 2_000, ({ addresses = [] }) => addresses.length === 2);
    assert.equal(both.name, "工作室");
    assert.ok(both.addresses?.includes(hostAt(lan, 1).address));
    assert.ok(both.addresses?.some((address) => /^fe80:.*%lan0$/.test(address)));
    agent.kill("SIGTERM");
    await browser.gone("工作室", 5_000);
    if (agent.exitCode === null) await once(agent, "close");
    assert.equal(agent.exitCode, 0);
  },
);

test("[FLEET-1] an app that starts later finds the agents that are there within 2 s", { skip }, async (t) => {
  const lan = await makeLan(t, 3);
  await startAgent(hostAt(lan, 1), "one");
  await startAgent(hostAt(lan, 2), "two");
  const first = await watch(hostAt(lan, 0));
  await Promise.all([first.seen("one", 5_000), first.seen("two", 5_000)]);
  const second = await watch(hostAt(lan, 0));
  await Promise.all([second.seen("one", 2_000), second.seen("two", 2_000)]);
});

test("[FLEET-1] an app sees an agent on its own machine", { skip }, async (t) => {
  const lan = await makeLan(t, 1);
  const browser = await watch(hostAt(lan, 0));
  await startAgent(hostAt(lan, 0), "here");
  await browser.seen("here", 2_000);
});

test(
  "[FLEET-1] a machine on two LANs finds the agents of both, and one agent on both is one sighting",
  { skip },
  async (t) => {
    const [left, right] = [await makeLan(t, 2), await makeLan(t, 1)];
    await right.join(hostAt(left, 0), "lan1");
    const both = await right.join(hostAt(left, 1), "lan1");
    const browser = await watch(hostAt(left, 0));
    await startAgent(hostAt(right, 0), "right");
    const onBoth = await startAgent(hostAt(left, 1), "both");
    await browser.seen("right", 2_000);
    const expected = [hostAt(left, 1).address, both];
    await browser.seen("both", 2_500, ({ addresses = [] }) => expected.every((address) => addresses.includes(address)));
    onBoth.kill("SIGTERM");
    await browser.gone("both", 5_000);
  },
);

test("[FLEET-1] a machine with two cards on one LAN is one agent with the addresses of both", { skip }, async (t) => {
  const lan = await makeLan(t, 2);
  const host = hostAt(lan, 1);
  const second = await lan.join(host, "lan1");
  const browser = await watch(hostAt(lan, 0));
  await startAgent(host, "docked");
  await browser.seen("docked", 2_000);
  // The second card's responder first has to find another name beside the first one's.
  const both = await browser.seen("docked", 12_000, ({ addresses = [] }) =>
    [host.address, second].every((address) => addresses.includes(address)),
  );
  assert.equal(both.instance, `lw-${idOf("docked")}`);
  assert.ok(browser.changes.every(({ kind, id }) => kind === "ready" || (kind === "seen" && id === idOf("docked"))));
});

test("[FLEET-1] a LAN without IPv4 will do, and so will one without IPv6", { skip }, async (t) => {
  for (const [without, expected] of [
    ["-4", /^fe80:/],
    ["-6", /^10\./],
  ] as const) {
    const lan = await makeLan(t, 2);
    for (const host of lan.hosts) await host.exec("ip", without, "address", "flush", "dev", host.interfaceName);
    const browser = await watch(hostAt(lan, 0));
    await startAgent(hostAt(lan, 1), "single");
    const { addresses = [] } = await browser.seen("single", 2_000);
    assert.ok(addresses.length === 1 && expected.test(addresses[0] ?? ""), addresses.join());
  }
});

test("[FLEET-1] a machine without any network finds its own agent", { skip }, async (t) => {
  const lan = await makeLan(t, 1);
  const host = hostAt(lan, 0);
  await host.cut();
  const browser = await watch(host);
  await startAgent(host, "alone");
  const { addresses } = await browser.seen("alone", 4_000);
  assert.deepEqual(addresses, ["127.0.0.1", "::1"]);
});

test("[FLEET-1] an agent is found again after the app's, or its own, cable was out", { skip }, async (t) => {
  const lan = await makeLan(t, 2);
  const [near, far] = [hostAt(lan, 0), hostAt(lan, 1)];
  const browser = await watch(near);
  await startAgent(far, "cable");
  await browser.seen("cable", 2_000);
  await near.cut();
  await browser.gone("cable", 6_000);
  browser.changes.length = 0;
  await near.mend();
  await browser.seen("cable", 8_000);
  await far.cut();
  await far.mend();
  const late = await watch(near);
  await late.seen("cable", 10_000);
});

test("[FLEET-1] an agent that gets another address is shown with that one only", { skip }, async (t) => {
  const lan = await makeLan(t, 2);
  const host = hostAt(lan, 1);
  const browser = await watch(hostAt(lan, 0));
  await startAgent(host, "roaming");
  await browser.seen("roaming", 2_000, ({ addresses = [] }) => addresses.includes(host.address));
  const moved = host.address.replace(/\d+$/, "77");
  // In this order: an address of the same network would go with the one it was second to.
  await host.exec("ip", "address", "del", `${host.address}/24`, "dev", host.interfaceName);
  await host.exec("ip", "address", "add", `${moved}/24`, "dev", host.interfaceName);
  // The advertiser looks at its interfaces every 6 s.
  const change = await browser.seen(
    "roaming",
    20_000,
    ({ addresses = [] }) => addresses.includes(moved) && !addresses.includes(host.address),
  );
  assert.ok(change.addresses?.some((address) => address.startsWith("fe80:")));
});

test("[FLEET-1] nonsense and a flood of false agents do not keep an agent from being found", { skip }, async (t) => {
  const lan = await makeLan(t, 3);
  const [near, far, hostile] = [hostAt(lan, 0), hostAt(lan, 1), hostAt(lan, 2)];
  const browser = await watch(near);
  await hostile.exec(process.execPath, NOISE, hostile.address, "3000");
  await startAgent(far, "honest");
  await browser.seen("honest", 2_000);
  assert.deepEqual([browser.child.exitCode, browser.changes.filter(({ kind }) => kind === "log")], [null, []]);
});
