import type { AppMessage, AgentMessage } from "../protocol/messages.ts";
import type { AgentId } from "../model/id.ts";

/** Why a link could not be opened or ended. `code` is stable: `refused`, `unreachable`, `untrusted`, `protocol`, `closed`, `timeout`. */
export interface LinkFailure {
  readonly code: string;
  readonly message: string;
}

/** Where and who: the peer must prove `id` and `fingerprint`, whatever the address. */
export interface LinkTarget {
  readonly id: AgentId;
  readonly fingerprint: string;
  /** What people call it. */
  readonly name?: string;
  /** Tried in turn until one proves to be the agent. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly linkPort: number;
  /** Where it was known to be before anybody on the LAN said otherwise: tried in turn with what is said now. */
  readonly before?: Pick<LinkTarget, "addresses" | "port" | "linkPort">;
}

export interface LinkListener {
  /** Mutual TLS is up at this address; nothing has been said yet. */
  opened(address: string): void;
  /** Validated; anything else has closed the link. */
  received(message: AgentMessage): void;
  /** Exactly once, also when it never opened. */
  closed(failure: LinkFailure): void;
}

/** The app's end of an authenticated connection to one agent. Messages arrive in order or the link closes. */
export interface Link {
  /**
   * False when the message was not taken because too much is unsent (`MAX_UNSENT_BYTES`): send again after `drained` of the
   * transport, or give up. Never throws.
   */
  send(message: AppMessage): boolean;
  close(): void;
}

export interface LinkTransport {
  connect(target: LinkTarget, listener: LinkListener): Link;
}
