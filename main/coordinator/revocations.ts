import type { AgentId } from "#core/model/id.ts";
import { BACKDATED_MS, LEAF_MS } from "#core/pairing/lifetimes.ts";
import { MAX_AGENTS, MINOR_WITH_REVOCATION } from "#core/protocol/limits.ts";
import type { Books } from "./books.ts";

const COLLECTION = "revoked-agent";

/**
 * Tells the fleet whose pairing has ended: until its certificate ends too, such an agent could otherwise still fetch files from the
 * others. Rule FLEET-2.
 */
export class Revocations {
  readonly #books: Books;

  constructor(books: Books) {
    this.#books = books;
  }

  /** Durable with the turn; told to every agent that is there. */
  ended(agent: AgentId): void {
    const { ports, fleet } = this.#books;
    ports.journal.setRecord(COLLECTION, agent, { at: ports.clock.now() });
    for (const other of fleet.pairedIds()) this.tell(other);
  }

  /** An agent is there: it may have been away when others were unpaired, or have been told of one that was paired again. */
  tell(agent: AgentId): void {
    const { desk, fleet } = this.#books;
    if (fleet.speaksMinor(agent) >= MINOR_WITH_REVOCATION)
      desk.send(agent, { kind: "revoked", agents: [...this.#list()] });
  }

  #list(): readonly AgentId[] {
    const { ports, fleet } = this.#books;
    const list: AgentId[] = [];
    for (const [id, { at }] of ports.journal.records(COLLECTION)) {
      const agent = id as AgentId;
      const isOver = typeof at !== "number" || ports.clock.now() - at > LEAF_MS + BACKDATED_MS;
      if (isOver || fleet.isPaired(agent)) ports.journal.setRecord(COLLECTION, id, null);
      else list.push(agent);
    }
    return list.slice(-MAX_AGENTS);
  }
}
