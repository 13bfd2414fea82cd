import type { Clock } from "#core/ports/clock.ts";
import { ClientSession, type FrameSink, type Responder } from "./client-session.ts";
import type { Log } from "#core/ports/log.ts";
import { Changes, type Views } from "./views.ts";

/** Watchers are told at most so often, beside the ends of runs: a window draws no faster. After a quiet time they are told at once. */
const TELL_EVERY_MS = 25;
export const MAX_SESSIONS = 256;

/** Everybody who watches: gathers what changes and tells each its part. */
export class Hub {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #sessions = new Set<ClientSession>();
  #changes = new Changes();
  #lastToldMs = Number.NEGATIVE_INFINITY;
  #cancelPlan: (() => void) | null = null;

  constructor(ports: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  open(views: Views, sink: FrameSink, respond: Responder): ClientSession | null {
    if (this.#sessions.size >= MAX_SESSIONS) return null;
    const session = new ClientSession(views, sink, respond, this.#log);
    this.#sessions.add(session);
    return session;
  }

  close(session: ClientSession): void {
    session.close();
    this.#sessions.delete(session);
  }

  /** Where to note what changed; watchers are told shortly after. */
  changes(): Changes {
    this.#plan();
    return this.#changes;
  }

  #plan(): void {
    if (this.#cancelPlan !== null) return;
    const waitMs = Math.max(0, this.#lastToldMs + TELL_EVERY_MS - this.#clock.monotonicMs());
    this.#cancelPlan = this.#clock.after(waitMs, () => this.tell());
  }

  /** Tells at once, so that a reply does not come before what it stands for. */
  tell(): void {
    this.#cancelPlan?.();
    this.#cancelPlan = null;
    this.#lastToldMs = this.#clock.monotonicMs();
    const changes = this.#changes;
    this.#changes = new Changes();
    let hasMore = false;
    for (const session of this.#sessions) hasMore = session.tell(changes) || hasMore;
    if (hasMore) this.#plan();
  }
}
