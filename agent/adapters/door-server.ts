import type { Duplex } from "node:stream";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { Disposable } from "#core/base/dispose.ts";
import type { AppId } from "#core/model/id.ts";
import { DOOR_PROTOCOL } from "#core/pairing/messages.ts";
import type { Log } from "#core/ports/log.ts";
import { CERTIFICATES_PROTOCOL } from "#core/protocol/certificate-messages.ts";
import { FILES_PROTOCOL } from "#core/protocol/file-messages.ts";
import { StrangerLimit } from "./stranger-limit.ts";
import { addressOf, refusalOf, rememberAddresses } from "./tls-refusal.ts";

const HANDSHAKE_WITHIN_MS = 10_000;
/** Pairing, and files for every agent of several fleets. */
const MAX_CONNECTIONS = 512;

interface DoorInput {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions;
  /** The app to whose fleet the peer belongs, proved by its certificate; `undefined` is a stranger. */
  readonly identify: (socket: TLSSocket) => AppId | undefined;
  readonly servePairing: (stream: Duplex, peer: { readonly address: string }) => Promise<void>;
  /** Whoever connects is told the time; only an app's own certificate lets it do more. */
  readonly serveCertificates: (socket: TLSSocket) => Promise<void>;
  readonly serveFiles: (socket: TLSSocket, app: AppId) => Promise<void>;
  readonly log: Log;
}

/** The agent's front door: who wants what is told by ALPN. Resolves once it listens. */
export async function openDoorServer(input: DoorInput): Promise<Disposable & { readonly port: number }> {
  const { tls, host, port, log } = input;
  const sockets = new Set<TLSSocket>();
  const server = createServer({
    ...tls,
    handshakeTimeout: HANDSHAKE_WITHIN_MS,
    ALPNProtocols: [DOOR_PROTOCOL, FILES_PROTOCOL, CERTIFICATES_PROTOCOL],
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", (error) =>
      log.debug("front door", { address: socket.remoteAddress ?? "unknown", error: error.message }),
    );
    welcome(input, socket, strangers);
  });
  rememberAddresses(server);
  const strangers = new StrangerLimit();
  server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? "unknown";
    if (!strangers.admit(socket)) log.warn("refused at the front door", { address, reason: "too many connections" });
  });
  server.on("tlsClientError", (error, socket) => {
    log.warn("refused at the front door", { address: addressOf(socket), reason: refusalOf(error, socket) });
    // Node tells of a handshake that takes too long and leaves the connection open.
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  server.on("error", (error) => log.error("front door", { error: error.message }));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    dispose: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function welcome(input: DoorInput, socket: TLSSocket, strangers: StrangerLimit): void {
  const address = socket.remoteAddress ?? "unknown";
  const failed = (error: unknown): void => {
    input.log.error("a connection ended by an error", { address, error: String(error) });
    socket.destroy();
  };
  if (socket.alpnProtocol === DOOR_PROTOCOL) {
    input.servePairing(socket, { address }).catch(failed);
    return;
  }
  if (socket.alpnProtocol === CERTIFICATES_PROTOCOL) {
    input.serveCertificates(socket).catch(failed);
    return;
  }
  const app = input.identify(socket);
  if (app !== undefined) strangers.isKnown(socket);
  if (socket.alpnProtocol === FILES_PROTOCOL && app !== undefined) {
    input.serveFiles(socket, app).catch(failed);
    return;
  }
  const reason =
    socket.alpnProtocol === FILES_PROTOCOL
      ? "files are only for who shows a certificate of a paired app's fleet"
      : `expected ${DOOR_PROTOCOL} or ${FILES_PROTOCOL}, found ${String(socket.alpnProtocol)}`;
  input.log.warn("refused at the front door", { address, reason });
  socket.destroy();
}
