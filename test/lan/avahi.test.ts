import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { hostAt, idOf, makeLan, startAgent, watch } from "../support/discovery.ts";
import { canUseNetns, type TestHost } from "../support/netns.ts";

const skip = canUseNetns() ?? false;

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
