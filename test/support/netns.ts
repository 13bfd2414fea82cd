import { execFile, type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/** One machine of a `TestLan`: a network namespace with loopback and one network card per LAN it is on. */
export interface TestHost {
  /** The namespace's name, for `ip netns exec`. */
  readonly name: string;
  /** Its IPv4 address on the LAN it was made for, without prefix. */
  readonly address: string;
  /** The name of its network card on that LAN, as the host itself sees it (`lan0`). */
  readonly interfaceName: string;
  /** Runs a program in the namespace to its end; rejects if it fails. */
  exec(command: string, ...args: string[]): Promise<{ stdout: string; stderr: string }>;
  /** Starts a program in the namespace. It is killed, if still there, when the LAN is disposed. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Takes the network card down: packets are lost in both directions, addresses of IPv6 too. */
  cut(): Promise<void>;
  /** Puts it up again and waits until it carries packets. */
  mend(): Promise<void>;
}

/** Hosts joined by one bridge. */
export interface TestLan {
  readonly hosts: readonly TestHost[];
  /** Gives a host of another LAN a second card on this one; its address here is returned. */
  join(host: TestHost, interfaceName: string): Promise<string>;
  /**
   * What the switch does for a host's card: `open` is as it should be; `unplugged` is a cable pulled out at the switch; with `deaf` the
   * host still sends, and nothing reaches it: a link that is cut one way.
   */
  setPort(host: TestHost, interfaceName: string, state: PortState): Promise<void>;
  /** The whole switch off, and on again: no host reaches another, and all keep their cards and addresses. */
  setSwitch(isOn: boolean): Promise<void>;
  /** Kills what was started in the hosts and removes namespaces and bridge. May be called twice. */
  dispose(): Promise<void>;
}

export type PortState = "open" | "unplugged" | "deaf";

/** Why network namespaces can't be used here, or `undefined` when they can: for `test(name, { skip: canUseNetns() })`. */
export function canUseNetns(): string | undefined {
  if (process.platform !== "linux") return "network namespaces need Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  if (!["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"].some((path) => existsSync(path)))
    return "ip (iproute2) is missing";
  return undefined;
}

let lansMade = 0;
let sweeping: Promise<void> | undefined;

/**
 * Makes `size` hosts on one LAN, `10.77.x.1/24`, `10.77.x.2/24` …, each with a link-local IPv6 address, and no way to the
 * machine's own network. Names carry the process id, so that tests may run side by side. If anything fails, what was made
 * so far is removed before the error is passed on. Always dispose it: `t.after(() => lan.dispose())`.
 */
export async function createLan(size: number): Promise<TestLan> {
  await (sweeping ??= sweepAbandoned());
  const lan = new NetnsLan(lansMade++);
  try {
    await lan.build(size);
  } catch (error) {
    await lan.dispose();
    throw error;
  }
  return lan;
}

/** Removes what earlier test processes left behind that were killed before they could: their id is in the names. */
async function sweepAbandoned(): Promise<void> {
  const { stdout } = await ip("netns", "list");
  for (const line of stdout.split("\n")) {
    const [name = "", owner] = /^lw-(\d+)[a-z]-\w+/.exec(line) ?? [];
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    await killInside(name);
    // Another test process may be sweeping too.
    await ip("netns", "delete", name).catch(ignoreMissing);
  }
}

class NetnsLan implements TestLan {
  readonly hosts: NetnsHost[] = [];
  readonly #tag: string;
  readonly #bridge: string;
  readonly #network: number;
  /** The switch's port by host and card. */
  readonly #ports = new Map<string, string>();
  #cards = 0;

  constructor(index: number) {
    // Interface names have at most 15 signs: "lwb" + process id + letter.
    this.#tag = `${process.pid}${String.fromCharCode(97 + (index % 26))}`;
    this.#bridge = `lwb${this.#tag}`;
    this.#network = (process.pid * 7 + index) % 250;
  }

  /** The bridge lives in a namespace of its own, so that the machine's firewall and addresses play no part. */
  get #switch(): string {
    return `lw-${this.#tag}-switch`;
  }

  async build(size: number): Promise<void> {
    await ip("netns", "add", this.#switch);
    await ip("-n", this.#switch, "link", "add", this.#bridge, "type", "bridge", "mcast_snooping", "0");
    await ip("-n", this.#switch, "link", "set", this.#bridge, "up");
    for (let number = 1; number <= size; number++) await this.#addHost(`lw-${this.#tag}-${number}`);
  }

  async join(host: TestHost, interfaceName: string): Promise<string> {
    const address = await this.#connect(host.name, interfaceName);
    await waitForCarrier(host.name, interfaceName);
    return address;
  }

  async setPort(host: TestHost, interfaceName: string, state: PortState): Promise<void> {
    const port = this.#ports.get(`${host.name}/${interfaceName}`);
    if (port === undefined) throw new Error(`${host.name} has no card ${interfaceName} on this LAN`);
    const flag = state === "deaf" ? "off" : "on";
    const flags = ["flood", "mcast_flood", "bcast_flood", "learning"].flatMap((name) => [name, flag]);
    await ip("-n", this.#switch, "link", "set", port, state === "unplugged" ? "down" : "up");
    // What the switch had learned would still be passed on.
    await ip("-n", this.#switch, "link", "set", port, "type", "bridge_slave", ...flags, "fdb_flush");
  }

  async setSwitch(isOn: boolean): Promise<void> {
    await ip("-n", this.#switch, "link", "set", this.#bridge, isOn ? "up" : "down");
  }

  async dispose(): Promise<void> {
    for (const host of this.hosts) await host.killAll();
    for (const host of this.hosts) await ip("netns", "delete", host.name).catch(ignoreMissing);
    this.hosts.length = 0;
    await ip("netns", "delete", this.#switch).catch(ignoreMissing);
  }

  async #addHost(name: string): Promise<void> {
    await ip("netns", "add", name);
    const host = new NetnsHost(name, `10.77.${this.#network}.${this.#cards + 1}`);
    this.hosts.push(host);
    await ip("-n", name, "link", "set", "lo", "up");
    await this.#connect(name, host.interfaceName);
    await waitForCarrier(name, host.interfaceName);
  }

  async #connect(namespace: string, interfaceName: string): Promise<string> {
    const number = ++this.#cards;
    const port = `p${number}`;
    const address = `10.77.${this.#network}.${number}`;
    this.#ports.set(`${namespace}/${interfaceName}`, port);
    await ip(
      "-n",
      this.#switch,
      "link",
      "add",
      port,
      "type",
      "veth",
      "peer",
      "name",
      interfaceName,
      "netns",
      namespace,
    );
    await ip("-n", this.#switch, "link", "set", port, "master", this.#bridge, "up");
    // Without this an IPv6 address may not be used for a second or two, until nobody has objected to it.
    await run("ip", [
      "netns",
      "exec",
      namespace,
      "sh",
      "-c",
      `echo 0 > /proc/sys/net/ipv6/conf/${interfaceName}/accept_dad`,
    ]);
    await ip("-n", namespace, "address", "add", `${address}/24`, "broadcast", "+", "dev", interfaceName);
    await ip("-n", namespace, "link", "set", interfaceName, "up");
    return address;
  }
}

class NetnsHost implements TestHost {
  readonly name: string;
  readonly address: string;
  readonly interfaceName = "lan0";
  readonly #children = new Set<ChildProcess>();

  constructor(name: string, address: string) {
    this.name = name;
    this.address = address;
  }

  exec(command: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return run("ip", ["netns", "exec", this.name, command, ...args], { maxBuffer: 16 * 1024 * 1024 });
  }

  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    // `ip netns exec` becomes the program itself, so the child's id is the program's.
    const child = spawn("ip", ["netns", "exec", this.name, command, ...args], options);
    this.#children.add(child);
    child.once("close", () => this.#children.delete(child));
    return child;
  }

  async cut(): Promise<void> {
    await ip("-n", this.name, "link", "set", this.interfaceName, "down");
  }

  async mend(): Promise<void> {
    await ip("-n", this.name, "link", "set", this.interfaceName, "up");
    await waitForCarrier(this.name, this.interfaceName);
  }

  async killAll(): Promise<void> {
    const closed = [...this.#children].map((child) => new Promise((resolve) => child.once("close", resolve)));
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(closed);
    // What the programs started and left behind would keep the namespace alive.
    await killInside(this.name);
  }
}

async function killInside(namespace: string): Promise<void> {
  // A namespace that is gone has nobody inside.
  const { stdout } = await ip("netns", "pids", namespace).catch(() => ({ stdout: "" }));
  for (const pid of stdout.split("\n").filter((line) => line !== "")) killQuietly(Number(pid));
}

/** Waits until the card is up at both ends and its link-local address may be used. */
async function waitForCarrier(namespace: string, interfaceName: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const { stdout } = await ip("-n", namespace, "-6", "address", "show", "dev", interfaceName, "scope", "link");
    if (stdout.includes("fe80:") && !stdout.includes("tentative")) return;
    if (performance.now() > deadline)
      throw new Error(`${interfaceName} of ${namespace} has no usable link-local address after 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function ip(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run("ip", args);
}

/** Disposing after a failed build meets namespaces that were never made; everything else is an error. */
function ignoreMissing(error: unknown): void {
  if (!String(error).includes("No such file")) throw error;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
