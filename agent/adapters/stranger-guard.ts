import type { Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";

/** Connections that have not proved whose they are: of all addresses, and of one. */
export const MAX_STRANGERS = 512;
export const MAX_STRANGERS_PER_ADDRESS = 64;

/**
 * Keeps room at a server's door: connections whose TLS handshake is not over count as strangers, and when there are too many the one that
 * has stood there longest goes, of the address that has the most. A peer that is let in needs milliseconds for its handshake, so whoever
 * only stands there, from however many connections, keeps nobody out.
 */
export class StrangerGuard {
  /** By where they come from, the oldest first. */
  readonly #strangers = new Map<string, Map<string, Socket>>();
  readonly #limits: { readonly all: number; readonly ofAddress: number };
  #count = 0;

  constructor(limits = { all: MAX_STRANGERS, ofAddress: MAX_STRANGERS_PER_ADDRESS }) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  watch(server: Server): void {
    server.on("connection", (socket: Socket) => this.#arrived(socket));
    server.on("secureConnection", (socket) => this.#leave(socket));
  }

  #arrived(socket: Socket): void {
    const place = placeOf(socket);
    const ofPlace = this.#strangers.get(place) ?? new Map<string, Socket>();
    if (ofPlace.size >= this.#limits.ofAddress) this.#dropOldest(ofPlace);
    else if (this.#count >= this.#limits.all) this.#dropOldest(this.#fullest());
    this.#strangers.set(place, ofPlace);
    const key = keyOf(socket);
    ofPlace.set(key, socket);
    this.#count += 1;
    socket.once("close", () => this.#forget(place, key, socket));
  }

  /** It has a certificate that was looked at, or is told at once that it has none. */
  #leave(socket: TLSSocket): void {
    const place = placeOf(socket);
    const key = keyOf(socket);
    const stranger = this.#strangers.get(place)?.get(key);
    if (stranger !== undefined) this.#forget(place, key, stranger);
  }

  #forget(place: string, key: string, socket: Socket): void {
    const ofPlace = this.#strangers.get(place);
    if (ofPlace?.get(key) !== socket) return;
    ofPlace.delete(key);
    this.#count -= 1;
    if (ofPlace.size === 0) this.#strangers.delete(place);
  }

  #fullest(): Map<string, Socket> {
    let fullest = new Map<string, Socket>();
    for (const ofPlace of this.#strangers.values()) if (ofPlace.size > fullest.size) fullest = ofPlace;
    return fullest;
  }

  #dropOldest(ofPlace: Map<string, Socket>): void {
    const [oldest] = ofPlace.values();
    if (oldest === undefined) return;
    this.#forget(placeOf(oldest), keyOf(oldest), oldest);
    oldest.destroy();
  }
}

/** One machine has many addresses of IPv6, all of one network. */
function placeOf(socket: Socket): string {
  const address = (socket.remoteAddress ?? "").replace(/^::ffff:(?=[0-9.]+$)/i, "");
  return address.includes(":") ? address.split(":").slice(0, 4).join(":") : address;
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ""} ${String(socket.remotePort ?? 0)}`;
}
