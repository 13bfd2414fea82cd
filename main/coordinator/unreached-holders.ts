import type { AgentId } from "#core/model/id.ts";

/** How long it is believed that one agent cannot be reached by another: cables are mended, and addresses change. */
const BELIEVED_FOR_MS = 60_000;

/** Which agents could not get files from which others, as they said: on two LANs, or while a link is cut. */
export class UnreachedHolders {
  readonly #until = new Map<AgentId, Map<AgentId, number>>();

  /** `nowMs` is of a clock that only goes on. */
  note(receiver: AgentId, holders: readonly AgentId[], nowMs: number): void {
    const known = this.#until.get(receiver) ?? new Map<AgentId, number>();
    this.#until.set(receiver, known);
    for (const holder of holders) known.set(holder, nowMs + BELIEVED_FOR_MS);
  }

  has(receiver: AgentId, holder: AgentId, nowMs: number): boolean {
    return (this.#until.get(receiver)?.get(holder) ?? 0) > nowMs;
  }
}
