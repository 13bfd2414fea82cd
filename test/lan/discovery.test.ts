import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { canUseNetns, createLan, type TestHost, type TestLan } from "../support/netns.ts";

const BROWSER = join(import.meta.dirname, "../main/discovery/browse-program.ts");
const AGENT = join(import.meta.dirname, "../agent/advertise/advertise-program.ts");
const NOISE = join(import.meta.dirname, "../main/discovery/noise-program.ts");
const skip = canUseNetns() ?? false;

interface Change {
  readonly kind: "seen" | "gone" | "ready" | "log";
  readonly id?: string;
  readonly name?: string;
  readonly instance?: string;
  readonly addresses?: readonly string[];
}

/** A browser in a namespace, and what it said so far. */
class Watch {
  readonly changes: Change[] = [];
  readonly child: ChildProcess;
  #wake = Promise.withResolvers<void>();

  constructor(host: TestHost) {
    this.child = host.spawn(process.execPath, [BROWSER], { stdio: ["ignore", "pipe", "inherit"] });
    assert.ok(this.child.stdout);
    createInterface(this.child.stdout).on("line", (line) => {
      this.changes.push(JSON.parse(line));
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
  }

  /** The first change that fits, of those to come and those that were; fails after the deadline. */
  async until(what: string, deadlineMs: number, fits: (change: Change) => boolean): Promise<Change> {
    const end = performance.now() + deadlineMs;
    for (;;) {
      const found = this.changes.find(fits);
      if (found !== undefined) return found;
      const leftMs = end - performance.now();
      assert.ok(leftMs > 0, `${what} within ${deadlineMs} ms; so far ${JSON.stringify(this.changes)}`);
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, leftMs);
      await Promise.race([this.#wake.promise, late.promise]);
      clearTimeout(timer);
    }
  }

  seen(seed: string, deadlineMs: number, fits: (change: Change) => boolean = () => true): Promise<Change> {
    return this.until(
      `${seed} is seen`,
      deadlineMs,
      (change) => change.kind === "seen" && change.id === idOf(seed) && fits(change),
    );
  }

  gone(seed: string, deadlineMs: number): Promise<Change> {
    return this.until(`${seed} is gone`, deadlineMs, (change) => change.kind === "gone" && change.id === idOf(seed));
  }
}

async function makeLan(t: TestContext, size: number): Promise<TestLan> {
  const lan = await createLan(size);
  t.after(() => lan.dispose());
  return lan;
}

async function watch(host: TestHost): Promise<Watch> {
  const watching = new Watch(host);
  await watching.until("the browser starts", 10_000, ({ kind }) => kind === "ready");
  return watching;
}

async function startAgent(host: TestHost, name: string, seed = name): Promise<ChildProcess> {
  const child = host.spawn(process.execPath, [AGENT, name, seed], { stdio: ["ignore", "pipe", "inherit"] });
  assert.ok(child.stdout);
  await once(child.stdout, "data");
  return child;
}

function idOf(seed: string): string {
  return createHash("sha256").update(seed).digest("hex").slice(0, 16);
}

function hostAt(lan: TestLan, index: number): TestHost {
  const host = lan.hosts[index];
  assert.ok(host);
  return host;
}

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

test("[FLEET-1] an agent advertised by Avahi is found", { skip }, async (t) => {
  const lan = await makeLan(t, 2);
  const far = hostAt(lan, 1);
  const avahi = await startAvahi(t, far);
  if (avahi === undefined) return t.skip("avahi-daemon, avahi-browse or dbus-daemon is missing");
  const browser = await watch(hostAt(lan, 0));
  const fingerprint = createHash("sha256").update("by avahi").digest("hex");
  const txt = [`id=${idOf("by avahi")}`, "name=by avahi", "v=1", `fp=${fingerprint}`, "lp=7421"];
  const publisher = far.spawn(
    "env",
    [`DBUS_SYSTEM_BUS_ADDRESS=${avahi}`, "avahi-publish-service", "any name", "_lanweave._tcp", "7420", ...txt],
    { stdio: "ignore" },
  );
  const { addresses = [] } = await browser.seen("by avahi", 5_000);
  assert.ok(addresses.includes(far.address) || addresses.some((address) => address.startsWith("fe80:")));
  publisher.kill("SIGTERM");
  await browser.gone("by avahi", 5_000);
});

test("[FLEET-1] avahi-browse lists the agent, and the browser works beside avahi-daemon", { skip }, async (t) => {
  const lan = await makeLan(t, 2);
  const avahi = await startAvahi(t, hostAt(lan, 0));
  if (avahi === undefined) return t.skip("avahi-daemon, avahi-browse or dbus-daemon is missing");
  const browser = await watch(hostAt(lan, 0));
  await startAgent(hostAt(lan, 1), "studio");
  await startAgent(hostAt(lan, 0), "beside");
  await browser.seen("studio", 2_000);
  await browser.seen("beside", 3_000);
  const { stdout } = await hostAt(lan, 0).exec(
    "env",
    `DBUS_SYSTEM_BUS_ADDRESS=${avahi}`,
    "avahi-browse",
    "-rt",
    "_lanweave._tcp",
  );
  assert.match(stdout, new RegExp(`lw-${idOf("studio")}`));
  assert.match(stdout, new RegExp(`lw-${idOf("beside")}`));
  assert.match(stdout, /"name=studio"/);
  assert.ok(stdout.includes(`address = [${hostAt(lan, 1).address}]`), stdout);
});

/** Runs avahi-daemon with a message bus of its own in a namespace; gives the bus's address. */
async function startAvahi(t: TestContext, host: TestHost): Promise<string | undefined> {
  for (const program of ["avahi-daemon", "avahi-browse", "dbus-daemon"]) {
    const which = spawn("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    if ((await once(which, "close"))[0] !== 0) return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), "lanweave-avahi-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const bus = `unix:path=${folder}/bus`;
  const allowAll = `<busconfig><type>system</type><listen>${bus}</listen><policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`;
  await writeFile(join(folder, "bus.conf"), allowAll);
  await writeFile(join(folder, "avahi.conf"), `[server]\nhost-name=avahi-${process.pid}\nuse-ipv4=yes\nuse-ipv6=yes\n`);
  const daemon = host.spawn("dbus-daemon", [`--config-file=${folder}/bus.conf`, "--nofork", "--print-address"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  assert.ok(daemon.stdout);
  await once(daemon.stdout, "data");
  // A private /run keeps its pid file and socket apart from those of a daemon of the machine.
  const script = `mount -t tmpfs none /run && mkdir /run/avahi-daemon && exec avahi-daemon -f ${folder}/avahi.conf --no-drop-root --no-chroot --no-rlimits`;
  const avahi = host.spawn("unshare", ["--mount", "sh", "-c", script], {
    env: { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: bus },
    stdio: ["ignore", "ignore", "pipe"],
  });
  assert.ok(avahi.stderr);
  const lines: string[] = [];
  const started = Promise.withResolvers<void>();
  createInterface(avahi.stderr).on("line", (line) => {
    lines.push(line);
    if (line.includes("Server startup complete")) started.resolve();
  });
  avahi.once("close", () => started.reject(new Error(`avahi-daemon ended: ${lines.join("\n")}`)));
  await started.promise;
  return bus;
}
