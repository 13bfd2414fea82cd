/// <reference path="../../types/node-ipc.d.ts" />
import type { ConnectionOptions } from "node:tls";
import { IPCModule, type NodeIpcClient } from "node-ipc";
import { LINK_EVENT } from "#core/protocol/link-wire.ts";
import { MAX_MESSAGE_BYTES, MAX_UNSENT_BYTES } from "#core/protocol/limits.ts";
import type { AppMessage } from "#core/protocol/messages.ts";
import { LinkParser } from "#system/link-parser.ts";

/**
 * In TLS 1.3 the client's handshake is over before the server has looked at the client's certificate. The server's
 * session ticket says that it has; one that sends none is taken to agree after this.
 */
const SETTLE_MS = 200;
const CLOSE_WITHIN_MS = 1_000;

export interface IpcListener {
  opened(): void;
  received(data: unknown): void;
  /** Exactly once. */
  ended(error: unknown): void;
}

/** One node-ipc client, connecting to one address. */
export class IpcConnection {
  readonly #ipc = new IPCModule();
  readonly #listener: IpcListener;
  readonly #client: NodeIpcClient;
  #error: unknown;
  #hasOpened = false;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: string, port: number, tls: ConnectionOptions, listener: IpcListener) {
    this.#listener = listener;
    Object.assign(this.#ipc.config, {
      id: "app",
      silent: true,
      parser: LinkParser,
      allowedEvents: [LINK_EVENT],
      maxMessageSize: MAX_MESSAGE_BYTES,
      // It would end a link that is never without a message under way, as one that is busy may be. Silence ends it elsewhere.
      messageTimeout: 0,
      // Reconnecting is the coordinator's affair.
      maxRetries: 0,
      stopRetrying: true,
      tls,
    });
    this.#ipc.connectToNet("agent", host, port);
    const client = this.#ipc.of["agent"];
    if (client === undefined) throw new Error("expected node-ipc to keep its client, found none");
    this.#client = client;
    client.on("connect", () => {
      this.#timer = setTimeout(() => this.#opened(), SETTLE_MS);
    });
    // Not at once: what is written while OpenSSL reports a ticket stays in its buffer until something else is written.
    client.socket.once("session", () => setImmediate(() => this.#opened()));
    client.on(LINK_EVENT, (data) => this.#received(data));
    client.on("error", (error) => {
      this.#error ??= error;
    });
    client.on("disconnect", () => this.#ended());
  }

  /** False while too much is unsent. Throws when the message is too large. */
  send(message: AppMessage): boolean {
    const { socket } = this.#client;
    if (!this.#hasOpened || socket.destroyed || !socket.writable) return false;
    if (socket.writableLength > MAX_UNSENT_BYTES) return false;
    this.#client.emit(LINK_EVENT, message);
    return true;
  }

  /** What was sent goes out first, if it can. */
  close(): void {
    this.#client.socket.end();
    setTimeout(() => this.destroy(), CLOSE_WITHIN_MS).unref();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#ipc.disconnect("agent");
    this.#ended();
  }

  #opened(): void {
    clearTimeout(this.#timer);
    if (this.#hasOpened || this.#hasEnded || this.#client.socket.destroyed) return;
    this.#hasOpened = true;
    this.#client.socket.setKeepAlive(true, 5_000);
    this.#listener.opened();
  }

  #received(data: unknown): void {
    // Whoever speaks has accepted us.
    this.#opened();
    this.#listener.received(data);
  }

  #ended(): void {
    clearTimeout(this.#timer);
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#listener.ended(this.#error);
  }
}
