import type { Disposable } from "../base/dispose.ts";
import type { AgentId } from "../model/id.ts";

/**
 * An agent as its DNS-SD record describes it: unverified, anybody on the LAN can claim anything. Rule FLEET-1.
 * `port` is the agent's front door (pairing, files); `linkPort` its node-ipc socket. Addresses are literal IPs, IPv6
 * link-local ones with a zone (`fe80::1%eth0`); at least one, in no order of merit: try all.
 */
export interface Sighting {
  readonly id: AgentId;
  readonly name: string;
  readonly protocol: number;
  /** SHA-256 of the agent's public key (SPKI, DER), 64 hex digits. */
  readonly fingerprint: string;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly linkPort: number;
  /** What the instance is called on the wire (`lw-<id>`), for messages about it. */
  readonly instance: string;
}

export interface DiscoveryListener {
  /** New, or changed in any field; always the whole sighting. */
  seen(sighting: Sighting): void;
  gone(id: AgentId): void;
  /** The fingerprint of an agent whose key is known: records that claim its id with another one are forged, and left out. */
  fingerprintOf?(id: AgentId): string | undefined;
}

/** Who is on the LAN. Says who is there; whether it is alive, only its socket says. */
export interface Discovery {
  browse(listener: DiscoveryListener): Disposable;
}

/** Makes this machine's agent known. Disposing sends the goodbye. */
export interface Advertiser {
  advertise(what: Omit<Sighting, "addresses" | "instance">): Disposable;
}
