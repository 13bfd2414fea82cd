import path from "node:path";
import type { CoordinatorClient } from "#main/cli/client.ts";
import type { NodeInfo } from "#core/model/agent.ts";
import type { AgentReady } from "#test/support/fleet.ts";
import { eventually } from "#test/support/lines.ts";
import { createLan, type TestHost, type TestLan } from "#test/support/netns.ts";
import { inTime, openClient } from "./asking.ts";
import { Machine } from "./machine.ts";
import { Person } from "./person.ts";
import { AGENTS, type AgentName, type MachineName } from "./plan.ts";

const SEEN_MS = 25_000;
const ONLINE_MS = 40_000;

/**
 * Four machines on two LANs: the app's and birch are on both, amber on the first and cedar on the second alone. Amber and cedar cannot
 * reach each other, so that files between them go through the others.
 */
export class Fleet {
  readonly lans: readonly TestLan[];
  readonly app: Machine;
  readonly agents: readonly Machine[];
  readonly person: Person;
  readonly folder: string;
  readonly #tell: (line: string) => void;
  readonly #boots = new Map<MachineName, number>();
  #client: CoordinatorClient | null = null;

  private constructor(
    folder: string,
    lans: readonly TestLan[],
    app: Machine,
    agents: readonly Machine[],
    tell: (line: string) => void,
  ) {
    this.#tell = tell;
    this.folder = folder;
    this.lans = lans;
    this.app = app;
    this.agents = agents;
    this.person = new Person(app.data, app.temporary);
  }

  static async create(folder: string, slots: number, tell: (line: string) => void): Promise<Fleet> {
    const left = await createLan(3);
    const right = await createLan(1).catch(async (error: unknown) => {
      await left.dispose();
      throw error;
    });
    try {
      const hosts = [...left.hosts, ...right.hosts];
      const [app, ...agents] = (["app", ...AGENTS] as const).map((name, at) =>
        toMachine(name, hosts[at], folder, slots),
      );
      if (app === undefined) throw new Error("expected four hosts, found none");
      const fleet = new Fleet(folder, [left, right], app, agents, tell);
      for (const machine of [app, fleet.agent("amber"), fleet.agent("birch")]) addCard(machine, left);
      addCard(fleet.agent("cedar"), right);
      for (const machine of [app, fleet.agent("birch")])
        machine.cards.push({ lan: right, name: "lan1", address: await right.join(machine.host, "lan1") });
      return fleet;
    } catch (error) {
      await left.dispose();
      await right.dispose();
      throw error;
    }
  }

  get machines(): readonly Machine[] {
    return [this.app, ...this.agents];
  }

  machine(name: MachineName): Machine {
    return name === "app" ? this.app : this.agent(name);
  }

  agent(name: AgentName): Machine {
    const found = this.agents.find((machine) => machine.name === name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  }

  /** Starts whatever runs on the machine, `bootS` seconds after it booted, as it says. */
  async start(machine: Machine, bootS = this.#boots.get(machine.name) ?? 0): Promise<void> {
    this.#boots.set(machine.name, bootS);
    if (machine === this.app) await machine.start((line) => /https?:\/\/\S+/.exec(line)?.[0], bootS);
    else await machine.start(toReady, bootS);
  }

  /** Starts everything, and pairs the app with the agents it finds, with the codes they show. */
  async open(): Promise<void> {
    const [, ...ready] = await Promise.all([
      this.start(this.app),
      ...this.agents.map((machine) => machine.start(toReady)),
    ]);
    this.#tell("all programs are up");
    await eventually("all agents are seen", SEEN_MS, async () =>
      (await this.known()).length === ready.length ? true : undefined,
    );
    this.#tell("all agents are seen");
    await Promise.all(
      ready.map(async ({ name, code }) => {
        const said = await this.person.says("pair", name, code);
        if (said.code !== 0) throw new Error(`${name} could not be paired: ${said.stderr}`);
      }),
    );
    this.#tell("all agents are paired");
    await this.allOnline();
  }

  /** The agents as the coordinator shows them; none when it does not answer. */
  async known(): Promise<readonly NodeInfo[]> {
    const client = (this.#client ??= await openClient(this.app.data));
    const reply = client === null ? null : await inTime(client.request("fleet.list", {}));
    if (reply?.ok === true) return reply.value;
    this.#client?.dispose();
    this.#client = null;
    return [];
  }

  async allOnline(): Promise<void> {
    await eventually("all agents are online", ONLINE_MS, async () => {
      const known = await this.known();
      const isAll =
        known.length === this.agents.length && known.every((agent) => agent.paired && agent.status !== "offline");
      return isAll ? true : undefined;
    });
  }

  async dispose(): Promise<void> {
    this.#client?.dispose();
    for (const lan of this.lans) await lan.dispose();
  }
}

function toMachine(name: MachineName, host: TestHost | undefined, folder: string, slots: number): Machine {
  if (host === undefined) throw new Error(`no host for ${name}`);
  const words =
    name === "app" ? ["serve", "--port", "0"] : ["agent", "--name", name, "--slots", String(slots), "--json"];
  return new Machine({ name, host, folder: path.resolve(folder), words });
}

function addCard(machine: Machine, lan: TestLan): void {
  machine.cards.push({ lan, name: machine.host.interfaceName, address: machine.host.address });
}

function toReady(line: string): AgentReady | undefined {
  const parsed = JSON.parse(line) as AgentReady & { readonly kind: string };
  return parsed.kind === "agent-ready" ? parsed : undefined;
}
