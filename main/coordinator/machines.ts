import type { FleetCheck } from "#core/ipc/fleet-methods.ts";
import type { AgentId } from "#core/model/id.ts";
import { cleanName } from "#core/pairing/messages.ts";
import type { PairedAgent } from "#core/ports/pairing.ts";
import type { StartedAgent } from "#core/ports/local-agents.ts";
import type { Books } from "./books.ts";
import { IntentError } from "./intent-error.ts";
import type { PairedRecord } from "./paired-record.ts";
import { toMessage } from "./to-error.ts";

const SETTINGS = "setting";
const LOCAL_AGENTS = "local-agents";
/** The front door's port when an address is given without one. */
export const DEFAULT_PORT = 7420;

/** What people do with machines: pair, unpair, drain, and make this machine an agent. */
export class Machines {
  readonly #books: Books;

  constructor(books: Books) {
    this.#books = books;
  }

  /** Pairs with an agent seen on the LAN (by id or name) or at an address typed by hand. Rules FLEET-1, FLEET-2. */
  async pair(target: string, code: string): Promise<PairedAgent> {
    const { fleet, ports } = this.#books;
    const places = this.#places(target);
    let failure = { code: "unreachable", message: `nothing answers at ${target}` };
    for (const { host, port, expected } of places) {
      const result = await ports.pairer.pair({ host, port, code, appName: ports.app.name, expected, signal: null });
      if (result.ok)
        return this.#remember(result.value, { addresses: [result.value.address], isLocal: false, isKept: false });
      failure = result.error;
      if (failure.code !== "unreachable") break;
    }
    ports.log.warn("pairing failed", {
      target,
      name: fleet
        .find(target)
        .map((id) => fleet.name(id))
        .join(),
      ...failure,
    });
    throw new IntentError(failure.code, failure.message);
  }

  #places(
    target: string,
  ): readonly { host: string; port: number; expected: { id: AgentId; fingerprint: string } | null }[] {
    const { fleet } = this.#books;
    const found = fleet.find(target).flatMap((id) => fleet.sighting(id) ?? []);
    if (found.length > 1) {
      const names = found.map(({ name, id }) => `${name} (${id})`).join(", ");
      throw new IntentError("ambiguous", `“${target}” may be ${names}: give the id`);
    }
    const [sighting] = found;
    if (sighting !== undefined) {
      const { id, fingerprint, port } = sighting;
      return sighting.addresses.map((host) => ({ host, port, expected: { id, fingerprint } }));
    }
    return [{ ...parseAddress(target), expected: null }];
  }

  #remember(agent: PairedAgent, how: Pick<PairedRecord, "addresses" | "isLocal" | "isKept">): PairedAgent {
    const { fleet, desk, enqueue, ports } = this.#books;
    const { id, name, fingerprint, address, port, linkPort } = agent;
    fleet.pair({ id, name, fingerprint, port, linkPort, ...how });
    desk.reopen(id);
    enqueue({ kind: "fleet-changed", agent: id });
    ports.log.info("paired", { agent: id, name, address });
    return agent;
  }

  /** The one agent meant, of those known. */
  resolve(target: string): AgentId {
    const { fleet } = this.#books;
    const found = fleet.find(target).filter((id) => fleet.isPaired(id));
    const [agent] = found;
    if (agent === undefined)
      throw new IntentError("not-found", `there is no paired agent “${target}”: see “lanweave agents”`);
    if (found.length > 1) throw new IntentError("ambiguous", `“${target}” may be ${found.join(", ")}: give the id`);
    return agent;
  }

  drain(target: string, draining: boolean): AgentId {
    const agent = this.resolve(target);
    this.#books.fleet.setDraining(agent, draining);
    this.#books.enqueue({ kind: "fleet-changed", agent });
    return agent;
  }

  /** How the person calls it. Throws `IntentError` for a name that another machine has. */
  rename(target: string, name: string): AgentId {
    const { fleet, enqueue } = this.#books;
    const agent = this.resolve(target);
    const alias = cleanName(name).trim();
    const other = fleet.pairedIds().find((id) => id !== agent && fleet.name(id).toLowerCase() === alias.toLowerCase());
    if (alias !== "" && other !== undefined)
      throw new IntentError("exists", `another machine is called “${alias}”: choose a name of its own`);
    fleet.describe(agent, { alias: alias === "" ? null : alias });
    enqueue({ kind: "fleet-changed", agent });
    return agent;
  }

  label(target: string, labels: readonly string[]): AgentId {
    const agent = this.resolve(target);
    const clean = labels.map((label) => cleanName(label).trim()).filter((label) => label !== "");
    this.#books.fleet.describe(agent, { labels: [...new Set(clean)] });
    this.#books.enqueue({ kind: "fleet-changed", agent });
    return agent;
  }

  /** For people who miss a machine. */
  async check(address: string | null): Promise<FleetCheck> {
    const { ports, fleet } = this.#books;
    const place = address === null ? null : parseAddress(address);
    return {
      isLooking: ports.discovery !== null,
      seen: fleet.ids().filter((id) => fleet.sighting(id) !== null).length,
      interfaces: ports.network?.interfaces() ?? [],
      probe: place === null ? null : ((await ports.network?.probe(place.host, place.port)) ?? null),
    };
  }

  /** Starts agents on this machine and pairs with each over its private channel. `keep`: again at every start of the app. */
  async startLocal(count: number, keep: boolean): Promise<readonly AgentId[]> {
    const { ports, fleet, enqueue } = this.#books;
    const started = await ports.localAgents.start(count, keep ? "lan" : "loopback", (id, reason) => {
      ports.log.warn("an agent of this machine ended by itself", { id, reason });
      enqueue({ kind: "fleet-changed", agent: id as AgentId });
    });
    const agents: AgentId[] = [];
    for (const agent of started) agents.push(await this.#pairLocal(agent, keep));
    if (keep) ports.journal.setRecord(SETTINGS, LOCAL_AGENTS, { count });
    return agents.length > 0 ? agents : fleet.pairedIds().filter((id) => fleet.info(id)?.isThisMachine);
  }

  async #pairLocal({ host, addresses, port, code, id, fingerprint }: StartedAgent, isKept: boolean): Promise<AgentId> {
    const { ports } = this.#books;
    const expected = { id: id as AgentId, fingerprint };
    const result = await ports.pairer.pair({ host, port, code, appName: ports.app.name, expected, signal: null });
    if (!result.ok)
      throw new IntentError(result.error.code, `this machine's own agent could not be paired: ${result.error.message}`);
    return this.#remember(result.value, { addresses: [host, ...addresses], isLocal: true, isKept }).id;
  }

  /** Ends agents of this machine: those named, or all, which then do not start with the app any more. */
  async stopLocal(targets: readonly string[] | null): Promise<number> {
    const { ports, fleet } = this.#books;
    if (targets === null) ports.journal.setRecord(SETTINGS, LOCAL_AGENTS, null);
    const named = targets?.map((target) => this.resolve(target)) ?? null;
    const stopped = await ports.localAgents.stop(named);
    for (const agent of named ?? fleet.pairedIds().filter((id) => fleet.info(id)?.isThisMachine)) this.#forget(agent);
    return stopped;
  }

  /** Whatever it still held goes elsewhere. */
  #forget(agent: AgentId): void {
    const failed = (error: Error): void =>
      this.#books.ports.log.warn("an agent could not be forgotten", { agent, message: error.message });
    this.#books.enqueue({ kind: "unpair", agent, reply: { done: () => {}, failed } });
  }

  /** Starts the agents of this machine that are to run whenever the app does. */
  startKept(): void {
    const { ports } = this.#books;
    const count = ports.journal.record(SETTINGS, LOCAL_AGENTS)?.["count"];
    if (typeof count !== "number" || count < 1) return;
    this.startLocal(count, true).catch((error: unknown) => {
      ports.log.error("this machine's own agents could not be started", {
        message: toMessage(error),
      });
    });
  }
}

/** `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const trimmed = text.trim();
  const isBareV6 = !trimmed.startsWith("[") && trimmed.split(":").length > 2;
  const match = isBareV6 ? null : /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(trimmed);
  const host = isBareV6 ? trimmed : (match?.[1] ?? match?.[2]);
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    const expected = "expected a name, an id, host or host:port";
    throw new IntentError("invalid", `“${text}” is neither an agent that was seen nor an address: ${expected}`);
  }
  return { host, port };
}
