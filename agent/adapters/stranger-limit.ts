import type { Socket } from "node:net";

/** Connections of one address that have not proved to belong to a paired app: more are closed before anything is computed for them. */
export const MAX_STRANGERS_PER_ADDRESS = 32;

/** Keeps one address from taking up all of a server's connections. */
export class StrangerLimit {
  readonly #counts = new Map<string, number>();
  readonly #strangers = new Map<string, string>();

  /** Counts a new connection; false, and it is closed, when its address has too many. */
  admit(socket: Socket): boolean {
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) return false;
    const count = this.#counts.get(address) ?? 0;
    if (count >= MAX_STRANGERS_PER_ADDRESS) {
      socket.destroy();
      return false;
    }
    this.#counts.set(address, count + 1);
    const key = `${address} ${port}`;
    this.#strangers.set(key, address);
    socket.once("close", () => this.#forget(key));
    return true;
  }

  /** The connection's peer has shown a certificate of a paired app. */
  isKnown(socket: Socket): void {
    this.#forget(`${socket.remoteAddress ?? ""} ${socket.remotePort ?? ""}`);
  }

  #forget(key: string): void {
    const address = this.#strangers.get(key);
    if (address === undefined) return;
    this.#strangers.delete(key);
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }
}
