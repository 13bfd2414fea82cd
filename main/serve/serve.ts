import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Disposable } from "#core/base/dispose.ts";
import type { SessionHost } from "../host/session.ts";
import type { Access } from "./access.ts";
import { createAccess, readToken } from "./access.ts";
import { BrowserSessions } from "./browser-sessions.ts";
import { socketOriginProblem } from "./origin.ts";
import { WindowFiles } from "./window-files.ts";
import { createRequestLimits, createWindowServer } from "./window-server.ts";
import type { WindowServerParts } from "./window-server.ts";

export const DEFAULT_PORT = 7410;
/** Where the window opens its WebSocket. */
const SOCKET_PATH = "/ipc";
const ATTEMPTS_FOR_BOTH = 8;

export interface ServeOptions {
  readonly host: SessionHost;
  readonly dataDir: string;
  /** Null: 7410, or a free one when somebody else has that. 0: a free one. */
  readonly port: number | null;
  /** The built window: `dist/renderer`. */
  readonly rendererDir: string;
  readonly pingIntervalMs?: number;
}

/** A served window. `dispose` ends it; the coordinator goes on. */
export interface ServedWindow extends Disposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT/`, which lets in browsers that were let in before. */
  readonly url: string;
  /** The address that lets a browser in: for its owner's eyes only. */
  readonly secretUrl: string;
}

/** The port somebody else has; the message says what to do. */
export class PortTakenError extends Error {
  readonly code = "port-taken";
  constructor(port: number) {
    super(`the port ${port} of this machine is taken by another program: give another one with --port, or none`);
  }
}

/** Serves the window to browsers of this machine: on 127.0.0.1, and on ::1 where there is one. */
export async function serveWindow(options: ServeOptions): Promise<ServedWindow> {
  const files = new WindowFiles(options.rendererDir);
  const token = readToken(options.dataDir);
  const sessions = new BrowserSessions(options.host, options.pingIntervalMs);
  const servers: Server[] = [];
  let port = 0;
  let access: Access = createAccess(token, port);
  const parts: WindowServerParts = { files, limits: createRequestLimits(), port: () => port, access: () => access };
  const createOne = (): Server => {
    const server = createWindowServer(parts);
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      upgrade(parts, sessions, request, socket, head),
    );
    servers.push(server);
    return server;
  };
  try {
    port = await listenOnBoth(createOne, options.port);
  } catch (error) {
    await close(servers, sessions);
    throw error;
  }
  access = createAccess(token, port);
  const url = `http://127.0.0.1:${port}/`;
  return { port, url, secretUrl: `${url}?token=${token}`, dispose: () => close(servers, sessions) };
}

function upgrade(
  parts: WindowServerParts,
  sessions: BrowserSessions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.on("error", () => socket.destroy());
  const refuse = (status: string): void => {
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  };
  if (!parts.limits.all.take()) return refuse("429 Too Many Requests");
  if (socketOriginProblem(request, parts.port()) !== null) return refuse("403 Forbidden");
  if (!parts.access().hasCookie(request.headers.cookie)) return refuse("401 Unauthorized");
  if (request.url !== SOCKET_PATH) return refuse("404 Not Found");
  sessions.accept(request, socket, head);
}

/** The port it listens on. Both loopback addresses have the same one, so that `localhost` is us whichever it means. */
async function listenOnBoth(createOne: () => Server, wanted: number | null): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_FOR_BOTH; attempt += 1) {
    const isFirst = attempt === 0;
    const asked = wanted ?? (isFirst ? DEFAULT_PORT : 0);
    const four = createOne();
    const outcome = await listen(four, "127.0.0.1", asked);
    if (outcome === "taken") {
      if (wanted !== null && wanted !== 0) throw new PortTakenError(wanted);
      continue;
    }
    const port = portOf(four);
    const six = await listen(createOne(), "::1", port);
    if (six !== "taken") return port;
    // Another program has the port on ::1: `localhost` could mean it.
    four.close();
    if (wanted !== null && wanted !== 0) throw new PortTakenError(wanted);
  }
  throw new PortTakenError(wanted ?? DEFAULT_PORT);
}

async function listen(server: Server, host: string, port: number): Promise<"listening" | "taken" | "absent"> {
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, "listening");
    return "listening";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE" || code === "EACCES") return "taken";
    // A machine without IPv6 has no ::1: nobody can be there then.
    if (host === "::1" && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT")) return "absent";
    throw error;
  }
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

/** Nobody new is let in first; then the windows are told; then what is left of their connections ends. */
async function close(servers: readonly Server[], sessions: BrowserSessions): Promise<void> {
  const closed = servers.filter((server) => server.listening).map((server) => once(server, "close"));
  for (const server of servers) if (server.listening) server.close();
  await sessions.dispose();
  for (const server of servers) server.closeAllConnections();
  await Promise.all(closed);
}
