import type { AttemptKey } from "#core/model/attempt.ts";
import { fromAttemptKey, fromReport } from "#core/protocol/convert.ts";
import { MAX_HELD_ATTEMPTS } from "#core/protocol/limits.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import type { LinkPeer } from "./ports.ts";

/** Keys in one `suspended` or `resumed`. */
const MAX_KEYS = 1_000;
/** Messages that wait for an app to take them. As many as attempts are held, and some: an app that asks for more than it reads is let go. */
const MAX_WAITING = MAX_HELD_ATTEMPTS + 5_000;
/** With more messages than this waiting, reports stay with their attempts, where the oldest make room. */
const MAX_WAITING_WITH_REPORTS = 1_000;

/** Carries messages to the app over one link, in order. What the link does not take now waits for room. */
export class Courier {
  readonly peer: LinkPeer;
  #queue: AgentMessage[] = [];
  readonly #keptReports = new Set<HeldAttempt>();
  #isOver = false;
  #suspended: AttemptKey[] = [];
  #resumed: AttemptKey[] = [];

  constructor(peer: LinkPeer) {
    this.peer = peer;
  }

  post(message: AgentMessage): void {
    this.#tellKeys();
    this.#send(message);
  }

  suspended(key: AttemptKey): void {
    if (this.#resumed.length > 0) this.#tellKeys();
    if (this.#suspended.push(key) === 1) queueMicrotask(() => this.#tellKeys());
  }

  resumed(key: AttemptKey): void {
    if (this.#suspended.length > 0) this.#tellKeys();
    if (this.#resumed.push(key) === 1) queueMicrotask(() => this.#tellKeys());
  }

  reports(held: HeldAttempt): void {
    if (this.#queue.length > MAX_WAITING_WITH_REPORTS) {
      this.#keptReports.add(held);
      return;
    }
    for (const report of held.reports.splice(0)) {
      this.post({ kind: "report", key: fromAttemptKey(held.key), report: fromReport(report) });
    }
  }

  /** There is room again. */
  flush(): void {
    let sent = 0;
    for (const message of this.#queue) {
      if (!this.peer.send(message)) break;
      sent += 1;
    }
    this.#queue.splice(0, sent);
    if (this.#queue.length > 0) return;
    const kept = [...this.#keptReports];
    this.#keptReports.clear();
    for (const held of kept) this.reports(held);
  }

  /** Many are frozen at once, so they are told together. */
  #tellKeys(): void {
    const [suspended, resumed] = [this.#suspended, this.#resumed];
    this.#suspended = [];
    this.#resumed = [];
    for (let at = 0; at < suspended.length; at += MAX_KEYS) {
      this.#send({ kind: "suspended", keys: suspended.slice(at, at + MAX_KEYS).map(fromAttemptKey) });
    }
    for (let at = 0; at < resumed.length; at += MAX_KEYS) {
      this.#send({ kind: "resumed", keys: resumed.slice(at, at + MAX_KEYS).map(fromAttemptKey) });
    }
  }

  #send(message: AgentMessage): void {
    if (this.#isOver || (this.#queue.length === 0 && this.peer.send(message))) return;
    if (this.#queue.push(message) <= MAX_WAITING) return;
    // Nothing is lost by it: on its next link the app is told anew.
    this.#isOver = true;
    this.#queue = [];
    this.peer.close(`the app does not read: ${MAX_WAITING} messages wait for it`);
  }
}
