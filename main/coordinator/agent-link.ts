import type { Clock } from "#core/ports/clock.ts";
import type { Link, LinkFailure, LinkTarget, LinkTransport } from "#core/ports/link.ts";
import type { Random } from "#core/ports/random.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;
const RESEND_MS = 20;
/** Messages that wait for an agent to take them; beyond it the link is closed and reconciled anew. */
const MAX_OUTBOX = 50_000;

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
    this.#link = this.#transport.connect(this.#target, {
      opened: (address) => {
        this.#isOpen = true;
        this.#failures = 0;
        this.#listener.opened(address);
      },
      received: (message) => this.#listener.received(message),
      closed: (failure) => this.#closed(failure),
    });
  }

  #closed(failure: LinkFailure): void {
    this.#link = null;
    this.#isOpen = false;
    this.#outbox = [];
    if (this.#isStopped) return;
    const ceiling = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#cancelTimer = this.#clock.after(ceiling * (0.5 + this.#random.chance() / 2), () => this.#connect());
    this.#listener.closed(failure);
  }

  /** Messages go out in the order given. When the link is down they are dropped: the next `welcome` reconciles. */
  send(message: AppMessage): void {
    if (!this.#isOpen || this.#link === null) return;
    if (this.#outbox.length === 0 && this.#link.send(message)) return;
    if (this.#outbox.length >= MAX_OUTBOX) {
      this.#link.close();
      return;
    }
    this.#outbox.push(message);
    if (this.#outbox.length === 1) this.#flushLater();
  }

  #flushLater(): void {
    this.#cancelTimer = this.#clock.after(RESEND_MS, () => {
      while (this.#outbox.length > 0 && this.#link !== null && this.#outbox[0] !== undefined) {
        if (!this.#link.send(this.#outbox[0])) break;
        this.#outbox.shift();
      }
      if (this.#outbox.length > 0) this.#flushLater();
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
