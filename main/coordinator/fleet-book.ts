import { type AgentCapacity, NOTHING_USED, type Usage } from "#core/fleet/capacity.ts";
import type { NodeInfo, NodeStatus } from "#core/model/agent.ts";
import type { AgentId } from "#core/model/id.ts";
import { cleanName } from "#core/pairing/messages.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Sighting } from "#core/ports/discovery.ts";
import type { Journal } from "#core/ports/journal.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { LOSS_GRACE_MS, MAX_AGENTS, OFFLINE_AFTER_MS } from "#core/protocol/limits.ts";
import { nameOf, reasonOf, silenceMs, statusOf, targetOf, withLabels } from "./agent-status.ts";
import { type AgentWelcome, cleanText, type KnownAgent, toBlame } from "./known-agent.ts";
import type { PairedRecord } from "./paired-record.ts";
import { PairedRecords } from "./paired-records.ts";

/** Slots that are believed of one agent. */
const MAX_SLOTS = 4_096;
/** Addresses at which it was reached, the newest first. */
const MAX_ADDRESSES = 8;

/** The fleet as this coordinator knows it: paired agents (durable) and those only seen (not). */
export class FleetBook {
  readonly #agents = new Map<AgentId, KnownAgent>();
  readonly #clock: Clock;
  readonly #records: PairedRecords;

  constructor(clock: Clock, journal: Journal) {
    this.#clock = clock;
    this.#records = new PairedRecords(journal);
    for (const record of this.#records.load()) this.#obtain(record.id).paired = record;
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
    return agent === undefined ? id : nameOf(agent);
  }

  /** Durable when it returns. Ordinals are given in order of pairing and never change. */
  pair(record: Omit<PairedRecord, "ordinal" | "pairedAt" | "draining">): void {
    const ordinals = this.pairedIds().map((id) => this.#agents.get(id)?.paired?.ordinal ?? 0);
    const before = this.#agents.get(record.id)?.paired;
    this.#store({
      ...(before?.alias === undefined ? {} : { alias: before.alias }),
      ...(before?.labels === undefined ? {} : { labels: before.labels }),
      ...record,
      ordinal: before?.ordinal ?? Math.max(-1, ...ordinals) + 1,
      pairedAt: this.#clock.now(),
      draining: false,
    });
  }

  unpair(id: AgentId): void {
    const agent = this.#agents.get(id);
    if (agent?.paired == null) return;
    this.#records.forget(agent.paired);
    agent.paired = null;
    if (agent.sighting === null) this.#agents.delete(id);
  }

  /** What an agent was called that is not in the fleet any more; null of one that is, or that nobody remembers. */
  nameOfGone(id: AgentId): string | null {
    return this.#agents.has(id) ? null : this.#records.nameOfGone(id);
  }

  setDraining(id: AgentId, draining: boolean): void {
    const record = this.#agents.get(id)?.paired;
    if (record != null) this.#store({ ...record, draining });
  }

  /** What the person says of it: a name (null: its own), labels beside its own. Durable when it returns. */
  describe(id: AgentId, change: { readonly alias?: string | null; readonly labels?: readonly string[] }): void {
    const record = this.#agents.get(id)?.paired;
    if (record == null) return;
    const { alias = null, labels, ...rest } = { ...record, ...change };
    this.#store({ ...rest, ...(alias === null ? {} : { alias }), ...(labels === undefined ? {} : { labels }) });
  }

  #store(record: PairedRecord): void {
    this.#records.set(record);
    this.#obtain(record.id).paired = record;
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

  /** Where to reach it; null of one that is not paired. */
  target(id: AgentId): LinkTarget | null {
    const agent = this.#agents.get(id);
    return agent === undefined ? null : targetOf(agent);
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
      const addresses = [...new Set([address, ...paired.addresses])].slice(0, MAX_ADDRESSES);
      this.#store({ ...paired, name, addresses });
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
    return agent !== undefined && silenceMs(agent, this.#clock.monotonicMs()) > OFFLINE_AFTER_MS + LOSS_GRACE_MS;
  }

  /** Nobody could be heard for a while, through no fault of theirs. */
  beginSilencesAnew(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const agent of this.#agents.values()) agent.lastHeardMs = nowMs;
  }

  /** Changes also without any message: an agent goes silent. */
  status(id: AgentId): NodeStatus {
    const agent = this.#agents.get(id);
    return agent === undefined ? "offline" : statusOf(agent, this.#clock.monotonicMs());
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
        capabilities: withLabels(agent),
        used: agent.used,
        load: agent.load ?? 0,
      };
    });
  }

  info(id: AgentId): NodeInfo | null {
    const agent = this.#agents.get(id);
    if (agent === undefined) return null;
    const { paired, sighting } = agent;
    const nowMs = this.#clock.monotonicMs();
    return {
      id,
      name: this.name(id),
      fingerprint: paired?.fingerprint ?? sighting?.fingerprint ?? "",
      addresses: this.target(id)?.addresses ?? sighting?.addresses ?? [],
      port: sighting?.port ?? paired?.port ?? 0,
      paired: paired !== null,
      ordinal: paired?.ordinal ?? -1,
      status: statusOf(agent, nowMs),
      reason: reasonOf(agent, () => this.#doubleOf(agent), nowMs),
      draining: paired?.draining ?? false,
      isThisMachine: paired?.isLocal ?? false,
      capabilities: agent.capabilities,
      running: agent.used.slots,
      load: agent.load,
      lastHeartbeat: agent.lastHeartbeat,
      latencyMs: agent.latencyMs,
      version: agent.version,
      ...(paired?.alias === undefined ? {} : { alias: paired.alias }),
      ...(paired?.labels === undefined ? {} : { addedLabels: paired.labels }),
    };
  }

  /** One that is not paired and goes by the same name: most likely the same machine, installed anew. */
  #doubleOf(agent: KnownAgent): KnownAgent | undefined {
    // Its own name: that the person calls it otherwise, the machine does not know.
    const name = agent.paired?.name ?? nameOf(agent);
    for (const other of this.#agents.values()) if (other.paired === null && nameOf(other) === name) return other;
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
