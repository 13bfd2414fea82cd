import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { WebSocketServer } from "ws";
import type { Disposable } from "#core/base/dispose.ts";
import { MAX_FRAME_BYTES } from "#core/ipc/frames.ts";
import type { SessionHost } from "../host/session.ts";
import { RateLimit } from "./rate-limit.ts";

/** Windows that are open at once. */
export const MAX_BROWSER_CLIENTS = 16;
/** A browser that leaves this much unread is given up: the session has been dropping patches for it long before. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
const FRAME_BURST = 500;
const FRAMES_PER_S = 100;
const DEFAULT_PING_INTERVAL_MS = 15_000;
/** How long a browser may take to answer the end of its session. */
const CLOSE_DEADLINE_MS = 2_000;
/** What a WebSocket takes as the reason of its end. */
const MAX_REASON_BYTES = 120;

// Close codes of RFC 6455 and the registry kept for it.
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** The WebSocket side: each socket is one session with the coordinator. */
export class BrowserSessions implements Disposable {
  readonly #host: SessionHost;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  readonly #answering = new Set<WebSocket>();
  readonly #pinging: NodeJS.Timeout;

  constructor(host: SessionHost, pingIntervalMs: number = DEFAULT_PING_INTERVAL_MS) {
    this.#host = host;
    this.#pinging = setInterval(() => this.#ping(), pingIntervalMs);
    this.#pinging.unref();
  }

  /** Takes over a request that was found allowed. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      // A protocol error or a lost connection: `close` follows and ends the session.
      webSocket.on("error", () => {});
      if (this.#server.clients.size > MAX_BROWSER_CLIENTS) {
        return webSocket.close(TRY_AGAIN_LATER, `${MAX_BROWSER_CLIENTS} windows are open already: close one`);
      }
      this.#converse(webSocket);
    });
  }

  async dispose(): Promise<void> {
    clearInterval(this.#pinging);
    for (const client of this.#server.clients) client.close(GOING_AWAY, "the coordinator ends");
    const late = setTimeout(() => {
      for (const client of this.#server.clients) client.terminate();
    }, CLOSE_DEADLINE_MS);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(late);
  }

  #converse(webSocket: WebSocket): void {
    const limit = new RateLimit(FRAME_BURST, FRAMES_PER_S);
    const session = this.#host.open("browser", {
      send(frame) {
        if (webSocket.readyState !== webSocket.OPEN) return;
        webSocket.send(frame);
        if (webSocket.bufferedAmount > MAX_UNSENT_BYTES) webSocket.terminate();
      },
      unsentBytes: () => webSocket.bufferedAmount,
      end: (reason) => webSocket.close(GOING_AWAY, cut(reason)),
    });
    this.#answering.add(webSocket);
    webSocket.on("pong", () => this.#answering.add(webSocket));
    webSocket.on("message", (data: RawData, isBinary: boolean) => {
      if (webSocket.readyState !== webSocket.OPEN) return;
      if (isBinary) return webSocket.close(UNSUPPORTED_DATA, "frames are text");
      if (!limit.take()) return webSocket.close(POLICY_VIOLATION, `more than ${FRAMES_PER_S} frames a second`);
      session.receive(toText(data));
    });
    webSocket.once("close", () => {
      this.#answering.delete(webSocket);
      session.close();
    });
  }

  #ping(): void {
    for (const client of this.#server.clients) {
      if (this.#answering.delete(client)) client.ping();
      else client.terminate();
    }
  }
}

function toText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.isBuffer(data) ? data.toString("utf8") : Buffer.from(data).toString("utf8");
}

function cut(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > MAX_REASON_BYTES) text = text.slice(0, -1);
  return text;
}
