import { createSocket, type Socket } from "node:dgram";
import type { Disposable } from "#core/base/dispose.ts";
import { type Link, onLinkCheck } from "./links.ts";
import { MAX_PACKET_BYTES } from "./wire.ts";

/** What a link's socket tells its owner. After `failed` it is closed. */
export interface LinkListener {
  packet(bytes: Buffer, source: string): void;
  ready(): void;
  failed(error: Error): void;
}

export const MDNS_PORT = 5353;
const GROUP_4 = "224.0.0.251";
const GROUP_6 = "ff02::fb";
/** Multicast DNS packets carry this to show that no router forwarded them (RFC 6762, section 11). */
const HOP_LIMIT = 255;

/**
 * One socket for one (interface, family). It shares its port with other multicast DNS programs of the machine, hears
 * their packets as well as those of the LAN, and passes on only what came from port 5353 and from this link.
 */
export class LinkSocket implements Disposable {
  readonly link: Link;
  readonly #listener: LinkListener;
  readonly #socket: Socket;
  #isOpen = false;
  #isClosed = false;

  constructor(link: Link, listener: LinkListener) {
    this.link = link;
    this.#listener = listener;
    const isV6 = link.family === 6;
    const isOnLink = onLinkCheck(link);
    this.#socket = createSocket({ type: isV6 ? "udp6" : "udp4", reuseAddr: true, ipv6Only: isV6 });
    this.#socket.unref();
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("message", (bytes, { address, port }) => {
      if (port === MDNS_PORT && bytes.length <= MAX_PACKET_BYTES && isOnLink(address)) listener.packet(bytes, address);
    });
    this.#socket.bind({ port: MDNS_PORT, exclusive: false }, () => this.#join());
  }

  /** Multicasts on this link; a packet that cannot be sent is a lost packet. */
  send(bytes: Buffer): void {
    if (!this.#isOpen) return;
    const group = this.link.family === 6 ? `${GROUP_6}%${this.link.zone}` : GROUP_4;
    this.#socket.send(bytes, MDNS_PORT, group, (error) => {
      if (error !== null) this.#fail(error);
    });
  }

  dispose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOpen = false;
    this.#socket.close();
  }

  #join(): void {
    if (this.#isClosed) return;
    try {
      const { family, multicastInterface } = this.link;
      this.#socket.addMembership(family === 6 ? GROUP_6 : GROUP_4, multicastInterface);
      this.#socket.setMulticastInterface(multicastInterface);
      this.#socket.setMulticastTTL(HOP_LIMIT);
      // Without this, agents on this very machine would not hear us.
      this.#socket.setMulticastLoopback(true);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#isOpen = true;
    this.#listener.ready();
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    this.dispose();
    this.#listener.failed(error);
  }
}
