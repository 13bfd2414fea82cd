import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type TLSSocket, type TlsOptions } from "node:tls";
import type { Disposable } from "#core/base/dispose.ts";
import type { AppId } from "#core/model/id.ts";
import { DOOR_PROTOCOL } from "#core/pairing/messages.ts";
import { type CertificateHolder, parseAppServerName, parseHolder } from "#core/pairing/names.ts";
import type { Log } from "#core/ports/log.ts";
import type { Identity } from "./identity.ts";
import type { Pairings } from "./pairings.ts";

type SniCallback = NonNullable<TlsOptions["SNICallback"]>;

/** Who is at the other end of a TLS connection that was accepted: always within one pairing. */
export interface TrustedConnection {
  readonly app: AppId;
  readonly holder: CertificateHolder;
}

/** TLS for the agent's servers: who may connect follows the pairings, at every moment. */
export interface TrustContexts extends Disposable {
  /** For the link (node-ipc's `config.tls`): without a certificate of a paired app nobody gets through the handshake. */
  linkOptions(): TlsOptions;
  /** For the front door: the handshake is open to all, for pairing; everything else must ask `identify`. */
  doorOptions(): TlsOptions;
  /**
   * Whose certificate the peer showed, verified by that app's authority; `undefined` is a stranger. A connection that was
   * identified is destroyed when its app is unpaired.
   */
  identify(socket: TLSSocket): TrustedConnection | undefined;
  /** The app at the other end; `undefined` also for another agent of the same app, which may fetch files but not command. */
  identifyApp(socket: TLSSocket): AppId | undefined;
}

/** Keeps one `SecureContext` per paired app and forgets it when the pairing changes. */
export function createContexts(input: { identity: Identity; pairings: Pairings; log: Log }): TrustContexts {
  const { identity, pairings, log } = input;
  const cache = new Map<AppId, SecureContext>();
  const open = new Map<AppId, Set<TLSSocket>>();
  const watch = pairings.onChange((change) => {
    const app = change.kind === "added" ? change.pairing.app : change.app;
    cache.delete(app);
    // Also whoever was let in before and would not be now.
    for (const socket of open.get(app) ?? []) if (identify(socket, pairings) === undefined) socket.destroy();
  });
  const identifyAndKeep = (socket: TLSSocket): TrustedConnection | undefined => {
    const connection = identify(socket, pairings);
    if (connection === undefined || socket.destroyed) return undefined;
    const sockets = open.get(connection.app) ?? new Set();
    if (!sockets.has(socket)) socket.once("close", () => sockets.delete(socket));
    open.set(connection.app, sockets.add(socket));
    return connection;
  };
  const contextOf = (app: AppId): SecureContext | undefined => {
    const pairing = pairings.get(app);
    if (pairing === undefined) return undefined;
    const { authorityPem: ca, certificatePem: cert } = pairing;
    const context =
      cache.get(app) ?? createSecureContext({ key: identity.credential.keyPem, cert, ca, minVersion: "TLSv1.3" });
    cache.set(app, context);
    return context;
  };
  const sniCallback: SniCallback = (servername, callback) => {
    const app = parseAppServerName(servername);
    const context = app === undefined ? undefined : contextOf(app);
    if (context !== undefined) return callback(null, context);
    log.warn("refused: not paired with the app that connects", { servername: servername.slice(0, 80) });
    callback(new Error(`expected the name of a paired app, found ${JSON.stringify(servername.slice(0, 80))}`));
  };
  const base: TlsOptions = {
    key: identity.credential.keyPem,
    cert: identity.credential.certificatePem,
    // Who names no app meets the agent's own certificate as the only root, which has signed nothing but itself.
    ca: identity.credential.certificatePem,
    minVersion: "TLSv1.3",
    requestCert: true,
    SNICallback: sniCallback,
  };
  return {
    linkOptions: () => ({ ...base, rejectUnauthorized: true }),
    doorOptions: () => ({ ...base, rejectUnauthorized: false, ALPNProtocols: [DOOR_PROTOCOL] }),
    identify: identifyAndKeep,
    identifyApp: (socket) => {
      const connection = identifyAndKeep(socket);
      return connection?.holder.kind === "app" ? connection.app : undefined;
    },
    dispose: () => watch.dispose(),
  };
}

function identify(socket: TLSSocket, pairings: Pairings): TrustedConnection | undefined {
  const app = typeof socket.servername === "string" ? parseAppServerName(socket.servername) : undefined;
  const pairing = app === undefined ? undefined : pairings.get(app);
  const certificate = socket.getPeerX509Certificate();
  if (app === undefined || pairing === undefined || certificate === undefined || !socket.authorized) return undefined;
  // Checked again although the handshake did: the pairing may be gone by now, and a resumed session only says that some
  // handshake was fine once, perhaps with another app's name.
  const authority = new X509Certificate(pairing.authorityPem);
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return undefined;
  // An authority of ours signs nothing else.
  if (certificate.ca || certificate.publicKey.asymmetricKeyDetails?.namedCurve !== "prime256v1") return undefined;
  const holder = parseHolder(certificate.subjectAltName ?? "");
  if (holder === undefined || (holder.kind === "app" && holder.app !== app)) return undefined;
  if (holder.kind === "agent" && pairing.revoked?.includes(holder.agent) === true) return undefined;
  return { app, holder };
}
