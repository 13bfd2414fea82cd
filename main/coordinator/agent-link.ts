import type { Clock } from "#core/ports/clock.ts";
import type { Link, LinkFailure, LinkTarget, LinkTransport } from "#core/ports/link.ts";
import type { Random } from "#core/ports/random.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;
const RESEND_MS = 20;
/** A link that ended sooner counts as one more failure: what ended it may end the next as well. */
const LASTING_MS = 5_000;
/** Agents send a heartbeat each second, so a link without a message for so long leads nowhere. */
const SILENT_MS = 10_000;
/** Messages that wait for an agent to take them; beyond it the link is closed and reconciled anew. */
const MAX_OUTBOX = 50_000;
/** And when it has taken none of them for so long. */
const UNREAD_MS = 10_000;

export interface AgentLinkListener {
  opened(address: string): void;
  received(message: AgentMessage): void;
  /** Each time the link goes down, and each time it could not be opened. It is tried again by itself. */
  closed(failure: LinkFailure): void;
}

/** Keeps one link to one paired agent open for as long as the pairing lasts: reconnects with backoff, holds messages back when it must. */
export class AgentLink {
  readonly #transport: LinkTransport;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listener: AgentLinkListener;
  #target: LinkTarget;
  #link: Link | null = null;
  #isOpen = false;
  #isStopped = false;
  #failures = 0;
  #openedMs = 0;
  #heardMs = 0;
  /** When the link last took a message that had waited. */
  #takenMs = 0;
  /** Why we hang up; told in place of what the transport says of it. */
  #parting: LinkFailure | null = null;
  #outbox: AppMessage[] = [];
  #cancelTimer: () => void = () => {};

  constructor(
    target: LinkTarget,
    ports: { readonly links: LinkTransport; readonly clock: Clock; readonly random: Random },
    listener: AgentLinkListener,
  ) {
    this.#target = target;
    this.#transport = ports.links;
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#listener = listener;
    this.#connect();
  }

  /** The agent may be somewhere else now: when the link is down it is tried there at once. */
  retarget(target: LinkTarget): void {
    const isSame = JSON.stringify(target) === JSON.stringify(this.#target);
    this.#target = target;
    if (isSame || this.#link !== null || this.#isStopped) return;
    this.#failures = 0;
    this.#connect();
  }

  #connect(): void {
    this.#cancelTimer();
    // Anybody on the LAN may have said where it is now, so every other try goes to where it was.
    const { before, ...now } = this.#target;
    const place = before !== undefined && this.#failures % 2 === 1 ? { ...now, ...before } : now;
    this.#link = this.#transport.connect(place, {
      opened: (address) => {
        this.#isOpen = true;
        this.#openedMs = this.#heardMs = this.#clock.monotonicMs();
        this.#listener.opened(address);
      },
      received: (message) => {
        this.#heardMs = this.#clock.monotonicMs();
        this.#listener.received(message);
      },
      closed: (failure) => this.#closed(failure),
    });
  }

  #closed(failure: LinkFailure): void {
    const hasLasted = this.#isOpen && this.#clock.monotonicMs() - this.#openedMs >= LASTING_MS;
    const parting = this.#parting;
    this.#parting = null;
    this.#link = null;
    this.#isOpen = false;
    this.#outbox = [];
    if (this.#isStopped) return;
    if (hasLasted) this.#failures = 0;
    const ceiling = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#cancelTimer = this.#clock.after(ceiling * (0.5 + this.#random.chance() / 2), () => this.#connect());
    this.#listener.closed(parting ?? failure);
  }

  /** Ends the link that is open now, and says why; it is opened again like any other that ended. */
  hangUp(why: LinkFailure): void {
    if (!this.#isOpen || this.#link === null) return;
    this.#parting = why;
    this.#link.close();
  }

  hangUpIfSilent(): void {
    if (this.#clock.monotonicMs() - this.#heardMs <= SILENT_MS) return;
    this.hangUp({ code: "timeout", message: `nothing was heard for ${String(SILENT_MS / 1_000)} s` });
  }

  /** Messages go out in the order given. When the link is down they are dropped: the next `welcome` reconciles. */
  send(message: AppMessage): void {
    if (!this.#isOpen || this.#link === null) return;
    if (this.#outbox.length === 0 && this.#link.send(message)) return;
    if (this.#outbox.length >= MAX_OUTBOX) {
      this.hangUp({ code: "unread", message: `it takes no messages: ${String(MAX_OUTBOX)} wait for it` });
      return;
    }
    this.#outbox.push(message);
    if (this.#outbox.length > 1) return;
    this.#takenMs = this.#clock.monotonicMs();
    this.#flushLater();
  }

  #flushLater(): void {
    this.#cancelTimer = this.#clock.after(RESEND_MS, () => {
      while (this.#outbox.length > 0 && this.#link !== null && this.#outbox[0] !== undefined) {
        if (!this.#link.send(this.#outbox[0])) break;
        this.#outbox.shift();
        this.#takenMs = this.#clock.monotonicMs();
      }
      if (this.#outbox.length === 0) return;
      const unreadMs = this.#clock.monotonicMs() - this.#takenMs;
      if (unreadMs <= UNREAD_MS) return this.#flushLater();
      this.hangUp({ code: "unread", message: `it has taken no message for ${String(UNREAD_MS / 1_000)} s` });
    });
  }

  /** For good. What was accepted for sending is given to the socket first. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
    this.#link?.close();
    this.#link = null;
  }
}
