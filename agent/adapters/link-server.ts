/// <reference path="../../types/node-ipc.d.ts" />
import type { TLSSocket, TlsOptions } from "node:tls";
import { IPCModule, type NodeIpcServer } from "node-ipc";
import type { Disposable } from "#core/base/dispose.ts";
import type { JsonObject } from "#core/base/json.ts";
import { RateMeter } from "#core/base/rate-meter.ts";
import type { AppId } from "#core/model/id.ts";
import type { Log } from "#core/ports/log.ts";
import { MAX_MESSAGE_BYTES, MAX_UNSENT_BYTES } from "#core/protocol/limits.ts";
import { LINK_EVENT, MAX_LINKS } from "#core/protocol/link-wire.ts";
import { LinkParser } from "#system/link-parser.ts";
import { MAX_STRANGERS, StrangerGuard } from "./stranger-guard.ts";
import { logRefusals } from "./tls-refusal.ts";
import { type AgentMessage, type AppMessage, appMessageSchema } from "#core/protocol/messages.ts";
import { parseMessage } from "#core/protocol/parse-message.ts";

/** Open links of one app: it uses the newest, the others are on their way out. */
const MAX_LINKS_PER_APP = 4;
/** Log lines of one kind about one app in a window of time. */
const LINES_PER_WINDOW = 10;
const WINDOW_MS = 10_000;
/** A connection that has not said hello in time is closed. */
const HELLO_WITHIN_MS = 10_000;
const HANDSHAKE_WITHIN_MS = 10_000;
const CLOSE_WITHIN_MS = 1_000;

/** One open link, as the agent holds it. */
export interface ServedLink {
  readonly app: AppId;
  readonly address: string;
  send(message: AgentMessage): boolean;
  unsentBytes(): number;
  /** `why` is for the log. */
  close(why?: string): void;
}

export interface LinkServerListener {
  opened(link: ServedLink): void;
  received(link: ServedLink, message: AppMessage): void;
  drained(link: ServedLink): void;
  closed(link: ServedLink): void;
}

interface LinkServerInput {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions;
  /** The app at the other end, when the certificate is that app's own. */
  readonly identify: (socket: TLSSocket) => AppId | undefined;
  readonly log: Log;
  readonly listener: LinkServerListener;
}

/** Serves links over node-ipc with mutual TLS 1.3; resolves once it listens, rejects when it cannot. */
export async function serveLinks(input: LinkServerInput): Promise<Disposable> {
  const ipc = new IPCModule();
  Object.assign(ipc.config, {
    id: "agent",
    silent: true,
    parser: LinkParser,
    allowedEvents: [LINK_EVENT],
    maxMessageSize: MAX_MESSAGE_BYTES,
    // It would end a link that is never without a message under way, as one that is busy may be. Silence ends it elsewhere.
    messageTimeout: 0,
    maxConnections: MAX_LINKS + MAX_STRANGERS,
    tls: { ...input.tls, handshakeTimeout: HANDSHAKE_WITHIN_MS },
  });
  await new Promise<void>((resolve, reject) => {
    ipc.serveNet(input.host, input.port, resolve);
    ipc.server.start();
    ipc.server.server.once("error", reject);
  });
  const links = new LinkServer(ipc.server, input);
  return { dispose: () => links.dispose() };
}

class LinkServer {
  readonly #ipc: NodeIpcServer;
  readonly #input: LinkServerInput;
  readonly #links = new Map<TLSSocket, { readonly link: ServedLink; hasSpoken: boolean; isRefused: boolean }>();

  readonly #meter = new RateMeter(LINES_PER_WINDOW, WINDOW_MS);

  constructor(ipc: NodeIpcServer, input: LinkServerInput) {
    this.#ipc = ipc;
    this.#input = input;
    ipc.on("connect", (socket) => this.#connected(socket as TLSSocket));
    ipc.on(LINK_EVENT, (data, socket) => this.#received(data, socket));
    ipc.on("error", (error) => input.log.debug("link", { error: String(error) }));
    ipc.server.on("error", (error) => input.log.error("link server", { error: error.message }));
    logRefusals(ipc.server, input.log, "refused: no certificate that a paired app has signed");
    new StrangerGuard().watch(ipc.server);
  }

  dispose(): void {
    this.#ipc.stop();
  }

  #connected(socket: TLSSocket): void {
    const { log, identify } = this.#input;
    const address = socket.remoteAddress ?? "unknown";
    const app = identify(socket);
    if (app === undefined) {
      log.warn("refused: the certificate is not that of a paired app", { address });
      socket.destroy();
      return;
    }
    socket.setKeepAlive(true, 5_000);
    this.#dropSurplus(app);
    const link = this.#linkOf(socket, app, address);
    this.#links.set(socket, { link, hasSpoken: false, isRefused: false });
    const timer = setTimeout(() => {
      if (this.#links.get(socket)?.hasSpoken !== false) return;
      this.#warn(app, "refused: no hello in time", { address });
      socket.destroy();
    }, HELLO_WITHIN_MS);
    socket.on("error", (error) => log.debug("link", { address, error: error.message }));
    socket.on("drain", () => this.#input.listener.drained(link));
    socket.on("close", () => {
      clearTimeout(timer);
      this.#links.delete(socket);
      this.#input.listener.closed(link);
    });
    this.#input.listener.opened(link);
  }

  /** A program that opens link after link takes no room from other apps. */
  #dropSurplus(app: AppId): void {
    const sockets = [...this.#links].filter(([, { link }]) => link.app === app).map(([socket]) => socket);
    for (const socket of sockets.slice(0, Math.max(0, sockets.length - MAX_LINKS_PER_APP + 1))) socket.destroy();
  }

  #warn(app: AppId, message: string, fields: JsonObject): void {
    const unsaid = this.#meter.pass(`${app} ${message}`, performance.now());
    if (unsaid === null) return;
    this.#input.log.warn(message, { app, ...fields, ...(unsaid === 0 ? {} : { unsaid }) });
  }

  #linkOf(socket: TLSSocket, app: AppId, address: string): ServedLink {
    return {
      app,
      address,
      // Above its own limit of 8 MiB node-ipc would destroy the socket; a message has 4 MiB at most.
      send: (message) => {
        if (socket.destroyed || !socket.writable || socket.writableLength > MAX_UNSENT_BYTES) return false;
        try {
          this.#ipc.emit(socket, LINK_EVENT, message);
        } catch (error) {
          // Too large, for one: a bug of ours, which ends this link, not the agent.
          this.#input.log.error("a message could not be sent", { app, kind: message.kind, error: errorText(error) });
          socket.destroy();
        }
        return true;
      },
      unsentBytes: () => socket.writableLength,
      // What was sent goes out first, if it can.
      close: (why) => {
        if (why !== undefined) this.#warn(app, "a link is closed", { address, why });
        socket.end();
        setTimeout(() => socket.destroy(), CLOSE_WITHIN_MS).unref();
      },
    };
  }

  #received(data: unknown, socket: TLSSocket): void {
    const open = this.#links.get(socket);
    // What came behind a refused message is not looked at any more.
    if (open === undefined || open.isRefused || socket.destroyed) return;
    const { link } = open;
    const { log, listener } = this.#input;
    const parsed = parseMessage(appMessageSchema, data);
    if (!parsed.ok) {
      const message = `the agent did not understand the message: ${parsed.error}`.slice(0, 1_000);
      this.#warn(link.app, "refused: a message that is not of the protocol", { address: link.address, message });
      link.send({ kind: "refused", of: "message", code: "malformed", message, key: null });
      open.isRefused = true;
      return link.close();
    }
    open.hasSpoken = true;
    try {
      listener.received(link, parsed.value);
    } catch (error) {
      // A bug of ours: it ends this link, not the agent.
      log.error("a message could not be handled", { app: link.app, kind: parsed.value.kind, error: errorText(error) });
      socket.destroy();
    }
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
