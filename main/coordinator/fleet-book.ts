import type { NodeInfo, NodeStatus } from "#core/model/agent.ts";
import type { AgentId } from "#core/model/id.ts";
import { type AgentCapacity, NOTHING_USED, type Usage } from "#core/fleet/capacity.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Sighting } from "#core/ports/discovery.ts";
import type { Journal } from "#core/ports/journal.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { cleanName } from "#core/pairing/messages.ts";
import { LOSS_GRACE_MS, MAX_AGENTS, OFFLINE_AFTER_MS } from "#core/protocol/limits.ts";
import { type AgentWelcome, cleanText, type KnownAgent, toBlame } from "./known-agent.ts";
import { type PairedRecord, parsePairedRecord, toRecord } from "./paired-record.ts";

const COLLECTION = "agent";
/** Slots that are believed of one agent. */
const MAX_SLOTS = 4_096;
const GONE = "gone-agent";
/** Agents that are gone and whose names are kept. */
const MAX_GONE = 1_000;
const WHAT_NOW = "if you reinstalled it, unpair it and pair it again; else somebody may be posing as it";

/** The fleet as this coordinator knows it: paired agents (durable) and those only seen (not). */
export class FleetBook {
  readonly #agents = new Map<AgentId, KnownAgent>();
  readonly #clock: Clock;
  readonly #journal: Journal;

  constructor(clock: Clock, journal: Journal) {
    this.#clock = clock;
    this.#journal = journal;
    for (const [key, value] of journal.records(COLLECTION)) {
      const record = parsePairedRecord(value);
      if (record === null) continue;
      if (record.isLocal && !record.isKept) this.#forget(record);
      else this.#obtain(key as AgentId).paired = record;
    }
  }

  #obtain(id: AgentId): KnownAgent {
    let agent = this.#agents.get(id);
    if (agent === undefined) {
      agent = {
        id,
        paired: null,
        sighting: null,
        isOpen: false,
        minor: 0,
        capabilities: null,
        load: null,
        running: 0,
        version: null,
        trouble: null,
        blame: null,
        linkReason: null,
        lastHeartbeat: null,
        lastHeardMs: this.#clock.monotonicMs(),
        latencyMs: null,
        used: NOTHING_USED,
      };
      this.#agents.set(id, agent);
    }
    return agent;
  }

  ids(): readonly AgentId[] {
    return [...this.#agents.keys()];
  }

  pairedIds(): readonly AgentId[] {
    return this.ids().filter((id) => this.isPaired(id));
  }

  isPaired(id: AgentId): boolean {
    return this.#agents.get(id)?.paired != null;
  }

  pairedFingerprint(id: AgentId): string | undefined {
    return this.#agents.get(id)?.paired?.fingerprint;
  }

  name(id: AgentId): string {
    const agent = this.#agents.get(id);
    return agent?.paired?.name ?? agent?.sighting?.name ?? id;
  }

  /** Durable when it returns. Ordinals are given in order of pairing and never change. */
  pair(record: Omit<PairedRecord, "ordinal" | "pairedAt" | "draining">): void {
    const ordinals = this.pairedIds().map((id) => this.#agents.get(id)?.paired?.ordinal ?? 0);
    const before = this.#agents.get(record.id)?.paired;
    this.#store(record.id, {
      ...record,
      ordinal: before?.ordinal ?? Math.max(-1, ...ordinals) + 1,
      pairedAt: this.#clock.now(),
      draining: false,
    });
  }

  unpair(id: AgentId): void {
    const agent = this.#agents.get(id);
    if (agent?.paired == null) return;
    this.#forget(agent.paired);
    agent.paired = null;
    if (agent.sighting === null) this.#agents.delete(id);
  }

  /** Of its pairing nothing is kept but what it was called: runs name it. */
  #forget({ id, name }: PairedRecord): void {
    this.#journal.setRecord(COLLECTION, id, null);
    if (this.#journal.records(GONE).length >= MAX_GONE) {
      const [oldest] = this.#journal.records(GONE);
      if (oldest !== undefined) this.#journal.setRecord(GONE, oldest[0], null);
    }
    this.#journal.setRecord(GONE, id, { name });
  }

  /** What an agent was called that is not in the fleet any more; null of one that is, or that nobody remembers. */
  nameOfGone(id: AgentId): string | null {
    if (this.#agents.has(id)) return null;
    const name = this.#journal.record(GONE, id)?.["name"];
    return typeof name === "string" ? name : null;
  }

  setDraining(id: AgentId, draining: boolean): void {
    const record = this.#agents.get(id)?.paired;
    if (record != null) this.#store(id, { ...record, draining });
  }

  #store(id: AgentId, record: PairedRecord): void {
    this.#journal.setRecord(COLLECTION, id, toRecord(record));
    this.#obtain(id).paired = record;
  }

  /** Returns false when the sighting was not taken because too many agents are known: anybody can claim to be one. */
  seen(sighting: Sighting): boolean {
    if (!this.#agents.has(sighting.id) && this.#agents.size >= MAX_AGENTS) return false;
    this.#obtain(sighting.id).sighting = sighting;
    return true;
  }

  gone(id: AgentId): void {
    const agent = this.#agents.get(id);
    if (agent === undefined) return;
    agent.sighting = null;
    if (agent.paired === null) this.#agents.delete(id);
  }

  /** Where to reach it: what mDNS says now comes before where it was paired. Only a paired agent has a target. */
  target(id: AgentId): LinkTarget | null {
    const agent = this.#agents.get(id);
    if (agent?.paired == null) return null;
    const { paired, sighting } = agent;
    const isSame = sighting !== null && sighting.fingerprint === paired.fingerprint;
    const addresses = isSame ? [...new Set([...sighting.addresses, ...paired.addresses])] : paired.addresses;
    const { port, linkPort } = isSame ? sighting : paired;
    const target = { id, fingerprint: paired.fingerprint, name: this.name(id), addresses, port, linkPort };
    const before = { addresses: paired.addresses, port: paired.port, linkPort: paired.linkPort };
    return isSame ? { ...target, before } : target;
  }

  /** What it says of itself is made fit to be shown. */
  opened(id: AgentId, welcome: AgentWelcome): void {
    const agent = this.#obtain(id);
    const { labels, programs, slots } = welcome.capabilities;
    agent.isOpen = true;
    agent.minor = welcome.protocol.minor;
    agent.linkReason = null;
    agent.capabilities = {
      ...welcome.capabilities,
      slots: Math.min(slots, MAX_SLOTS),
      labels: labels.map(cleanName),
      programs: programs.map(cleanName),
    };
    agent.version = cleanName(welcome.version);
    this.heard(id);
  }

  /** Where it was reached and how it calls itself now, for the next start. Durable when it returns; throws when that cannot be. */
  remember(id: AgentId, welcome: AgentWelcome, address: string): void {
    const paired = this.#agents.get(id)?.paired ?? null;
    const name = cleanName(welcome.name) || id;
    if (paired !== null && (paired.name !== name || !paired.addresses.includes(address))) {
      this.#store(id, {
        ...paired,
        name,
        addresses: [...new Set([address, ...paired.addresses])].slice(0, 8),
      });
    }
  }

  /** The minor version that it speaks, -1 while its link is down. */
  speaksMinor(id: AgentId): number {
    const agent = this.#agents.get(id);
    return agent?.isOpen === true ? agent.minor : -1;
  }

  closed(id: AgentId, reason: string): void {
    const agent = this.#agents.get(id);
    if (agent === undefined) return;
    agent.isOpen = false;
    agent.linkReason = reason;
    agent.latencyMs = null;
  }

  heard(id: AgentId): void {
    const agent = this.#obtain(id);
    agent.lastHeardMs = this.#clock.monotonicMs();
    agent.lastHeartbeat = this.#clock.now();
  }

  heartbeat(id: AgentId, beat: { load: number; running: number; trouble: string | null }): void {
    const agent = this.#obtain(id);
    agent.load = beat.load;
    agent.running = beat.running;
    agent.trouble = beat.trouble === null ? null : cleanText(beat.trouble);
    this.heard(id);
  }

  /** Why it can take nothing, before its next heartbeat says so. */
  troubled(id: AgentId, trouble: string): void {
    this.#obtain(id).trouble = trouble;
  }

  /** It did what no agent does: what it has goes elsewhere, and it gets nothing for a while. */
  blame(id: AgentId, reason: string): void {
    this.#obtain(id).blame = toBlame(reason, this.#clock.monotonicMs());
  }

  answered(id: AgentId, latencyMs: number): void {
    this.#obtain(id).latencyMs = latencyMs;
  }

  setUsage(id: AgentId, used: Usage): void {
    this.#obtain(id).used = used;
  }

  /** Silent for so long that its attempts go elsewhere. Rule FLEET-4. */
  isGivenUp(id: AgentId): boolean {
    const agent = this.#agents.get(id);
    return agent !== undefined && this.#silenceMs(agent) > OFFLINE_AFTER_MS + LOSS_GRACE_MS;
  }

  /** Nobody could be heard for a while, through no fault of theirs. */
  beginSilencesAnew(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const agent of this.#agents.values()) agent.lastHeardMs = nowMs;
  }

  #silenceMs(agent: KnownAgent): number {
    return this.#clock.monotonicMs() - agent.lastHeardMs;
  }

  #troubleOf({ blame, trouble }: KnownAgent): string | null {
    return blame !== null && blame.untilMs > this.#clock.monotonicMs() ? blame.reason : trouble;
  }

  /** What changes without any message: for noticing that an agent has gone silent. */
  status(id: AgentId): NodeStatus {
    const agent = this.#agents.get(id);
    if (agent === undefined) return "offline";
    if (agent.paired === null) return agent.sighting === null ? "offline" : "online";
    if (!agent.isOpen || this.#silenceMs(agent) > OFFLINE_AFTER_MS) return "offline";
    if (this.#troubleOf(agent) !== null) return "failed";
    return agent.running >= (agent.capabilities?.slots ?? Infinity) ? "busy" : "online";
  }

  capacities(): readonly AgentCapacity[] {
    return this.pairedIds().map((id) => {
      const agent = this.#obtain(id);
      return {
        id,
        name: this.name(id),
        ordinal: agent.paired?.ordinal ?? 0,
        status: this.status(id),
        draining: agent.paired?.draining ?? false,
        capabilities: agent.capabilities,
        used: agent.used,
        load: agent.load ?? 0,
      };
    });
  }

  info(id: AgentId): NodeInfo | null {
    const agent = this.#agents.get(id);
    if (agent === undefined) return null;
    const { paired, sighting } = agent;
    const status = this.status(id);
    return {
      id,
      name: this.name(id),
      fingerprint: paired?.fingerprint ?? sighting?.fingerprint ?? "",
      addresses: this.target(id)?.addresses ?? sighting?.addresses ?? [],
      port: sighting?.port ?? paired?.port ?? 0,
      paired: paired !== null,
      ordinal: paired?.ordinal ?? -1,
      status,
      reason: this.#reason(agent, status),
      draining: paired?.draining ?? false,
      isThisMachine: paired?.isLocal ?? false,
      capabilities: agent.capabilities,
      running: agent.used.slots,
      load: agent.load,
      lastHeartbeat: agent.lastHeartbeat,
      latencyMs: agent.latencyMs,
      version: agent.version,
    };
  }

  #reason(agent: KnownAgent, status: NodeStatus): string | null {
    const { paired, sighting } = agent;
    if (paired !== null && sighting !== null && paired.fingerprint !== sighting.fingerprint) {
      return `the key of ${paired.name} changed since it was paired: ${WHAT_NOW}`;
    }
    if (status === "failed") return this.#troubleOf(agent);
    if (status !== "offline") return null;
    const double = paired === null ? undefined : this.#doubleOf(paired);
    if (double === undefined) return agent.linkReason;
    const why = agent.linkReason === null ? "" : `${agent.linkReason}; `;
    return `${why}another agent named ${paired?.name ?? ""}, with another key, is on the network (${double.id}): ${WHAT_NOW}`;
  }

  /** One that is not paired and goes by the name of one that is: most likely the same machine, installed anew. */
  #doubleOf(paired: PairedRecord): KnownAgent | undefined {
    for (const other of this.#agents.values())
      if (other.paired === null && other.sighting?.name === paired.name) return other;
    return undefined;
  }

  /** The paired agents, or all known, that answer to an id, a name, or the start of either. */
  find(target: string): readonly AgentId[] {
    const lower = target.toLowerCase();
    const exact = this.ids().filter((id) => id === lower || this.name(id).toLowerCase() === lower);
    if (exact.length > 0) return exact;
    return this.ids().filter((id) => id.startsWith(lower) || this.name(id).toLowerCase().startsWith(lower));
  }

  sighting(id: AgentId): Sighting | null {
    return this.#agents.get(id)?.sighting ?? null;
  }
}
