import type { Clock } from "#core/ports/clock.ts";
import { ClientSession, type FrameSink, type Responder } from "./client-session.ts";
import type { Log } from "#core/ports/log.ts";
import { Changes, type Views } from "./views.ts";

/** How long changes are gathered before watchers are told: a window draws at most so often. */
const TELL_EVERY_MS = 25;
export const MAX_SESSIONS = 256;

/** Everybody who watches: gathers what changes and tells each its part. */
export class Hub {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #sessions = new Set<ClientSession>();
  #changes = new Changes();
  #isPlanned = false;

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
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#clock.after(TELL_EVERY_MS, () => this.tell());
  }

  /** Tells at once, so that a reply does not come before what it stands for. */
  tell(): void {
    this.#isPlanned = false;
    const changes = this.#changes;
    this.#changes = new Changes();
    let hasMore = false;
    for (const session of this.#sessions) hasMore = session.tell(changes) || hasMore;
    if (hasMore) this.#plan();
  }
}
