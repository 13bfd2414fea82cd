import { Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import { RateMeter } from "#core/base/rate-meter.ts";
import type { Log } from "#core/ports/log.ts";

/** Lines about refused connections of one address in a window of time. */
const LINES_PER_WINDOW = 10;
const WINDOW_MS = 10_000;

/** Makes every connection keep its address: one that TLS refuses is closed before anybody is told of it. */
export function rememberAddresses(server: Server): void {
  // Node keeps the address from the first time it is asked for.
  server.on("connection", (socket: Socket) => void socket.remoteAddress);
}

/** Where a refused connection came from. */
export function addressOf(socket: TLSSocket): string {
  // The TCP socket below is not documented, so it is only looked at where it is one.
  const below = "_parent" in socket ? socket._parent : undefined;
  return socket.remoteAddress ?? (below instanceof Socket ? below.remoteAddress : undefined) ?? "unknown";
}

/** Why TLS refused it; for a certificate that was looked at, Node says no more than that the connection ended. */
export function refusalOf(error: Error, socket: TLSSocket): string {
  const verdict: unknown = socket.authorizationError;
  return typeof verdict === "string" && verdict !== "" ? verdict : error.message;
}

/** Logs every connection that TLS refuses, but not more of one address than anybody can read. */
export function logRefusals(server: Server, log: Log, message: string): void {
  const meter = new RateMeter(LINES_PER_WINDOW, WINDOW_MS);
  rememberAddresses(server);
  server.on("tlsClientError", (error, socket) => {
    const address = addressOf(socket);
    // Node tells of a handshake that takes too long and leaves the connection open.
    socket.destroy();
    const unsaid = meter.pass(address, performance.now());
    if (unsaid === null) return;
    log.warn(message, { address, reason: refusalOf(error, socket), ...(unsaid === 0 ? {} : { unsaid }) });
  });
}
