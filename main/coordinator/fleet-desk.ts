import type { LinkFailure } from "#core/ports/link.ts";
import { PROTOCOL } from "#core/protocol/limits.ts";
import type { AppMessage } from "#core/protocol/messages.ts";
import type { AgentId } from "#core/model/id.ts";
import { AgentLink } from "./agent-link.ts";
import type { FleetBook } from "./fleet-book.ts";
import type { Happening } from "./happening.ts";
import type { CoordinatorPorts } from "./ports.ts";

/** The links to the paired agents: opens, keeps and ends them, and puts what they say into the loop's queue. */
export class FleetDesk {
  readonly #ports: CoordinatorPorts;
  readonly #fleet: FleetBook;
  readonly #enqueue: (happening: Happening) => void;
  readonly #links = new Map<AgentId, AgentLink>();
  readonly #pings = new Map<AgentId, { nonce: number; sentMs: number }>();
  #nonce = 0;

  constructor(ports: CoordinatorPorts, fleet: FleetBook, enqueue: (happening: Happening) => void) {
    this.#ports = ports;
    this.#fleet = fleet;
    this.#enqueue = enqueue;
  }

  /** Opens what is paired and has no link, moves what has moved, ends what is not paired any more. */
  align(): void {
    for (const [id, link] of this.#links) {
      if (this.#fleet.isPaired(id)) continue;
      link.stop();
      this.#links.delete(id);
      this.#pings.delete(id);
    }
    for (const id of this.#fleet.pairedIds()) this.alignOne(id);
  }

  alignOne(id: AgentId): void {
    const target = this.#fleet.target(id);
    if (target === null) return;
    const link = this.#links.get(id);
    if (link !== undefined) return link.retarget(target);
    const opened = new AgentLink(target, this.#ports, {
      opened: (address) => this.#enqueue({ kind: "link-opened", agent: id, address }),
      received: (message) => this.#enqueue({ kind: "link-message", agent: id, message }),
      closed: (failure) => this.#enqueue({ kind: "link-closed", agent: id, failure }),
    });
    this.#links.set(id, opened);
  }

  /** After a new pairing of the same agent the old link's certificates are of no use. */
  reopen(id: AgentId): void {
    this.#links.get(id)?.stop();
    this.#links.delete(id);
    this.alignOne(id);
  }

  send(id: AgentId, message: AppMessage): void {
    this.#links.get(id)?.send(message);
  }

  hangUp(id: AgentId, why: LinkFailure): void {
    this.#links.get(id)?.hangUp(why);
  }

  /** Ends links that lead nowhere any more, so that other addresses are tried. */
  hangUpSilent(): void {
    for (const link of this.#links.values()) link.hangUpIfSilent();
  }

  greet(id: AgentId): void {
    const { app } = this.#ports;
    this.send(id, {
      kind: "hello",
      protocol: { ...PROTOCOL },
      app: app.id,
      appName: app.name,
      appVersion: app.version,
    });
  }

  /** Asks each agent for a sign of life, to measure how far away it is. */
  ping(): void {
    for (const id of this.#links.keys()) {
      if (this.#fleet.status(id) === "offline") continue;
      const nonce = ++this.#nonce;
      this.#pings.set(id, { nonce, sentMs: this.#ports.clock.monotonicMs() });
      this.send(id, { kind: "ping", nonce });
    }
  }

  ponged(id: AgentId, nonce: number): void {
    const ping = this.#pings.get(id);
    if (ping?.nonce !== nonce) return;
    this.#pings.delete(id);
    this.#fleet.answered(id, this.#ports.clock.monotonicMs() - ping.sentMs);
  }

  dispose(): void {
    for (const link of this.#links.values()) link.stop();
    this.#links.clear();
  }
}
