import type { TLSSocket } from "node:tls";
import type { AppId } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { CertificateKeeper } from "#core/ports/trust.ts";
import { ByteReader } from "#core/protocol/byte-reader.ts";
import {
  type CertificateOffer,
  type CertificateReply,
  certificateGrantSchema,
  CERTIFICATES_WITHIN_MS,
  MAX_CERTIFICATE_LINE_BYTES,
} from "#core/protocol/certificate-messages.ts";

interface CertificateDeskInput {
  readonly certificates: CertificateKeeper;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Tells the agent's clock to whoever asks, and takes a new certificate from an app that is paired, also when the old one has
 * expired meanwhile. `app`: proved by the peer's certificate; `undefined` is a stranger. Resolves when it is over.
 */
export async function serveCertificates(
  input: CertificateDeskInput,
  socket: TLSSocket,
  app: AppId | undefined,
): Promise<void> {
  const { certificates, clock, log } = input;
  const address = socket.remoteAddress ?? "unknown";
  const deadline = setTimeout(() => socket.destroy(), CERTIFICATES_WITHIN_MS);
  socket.on("error", (error) => log.debug("certificates", { address, error: error.message }));
  try {
    const reason = app === undefined ? whyStranger(socket, clock.now()) : null;
    say(socket, {
      kind: "offer",
      clock: clock.now(),
      request: app === undefined ? null : await certificates.request(),
      reason,
    });
    const line = app === undefined ? null : await new ByteReader(socket).line(MAX_CERTIFICATE_LINE_BYTES);
    if (app !== undefined && line !== null) say(socket, await take(certificates, app, line));
    socket.end();
    // What comes after the end is not read; it must not keep the connection open.
    socket.resume();
  } catch (error) {
    log.warn("a certificate could not be renewed at the front door", { address, app: app ?? "", error: String(error) });
    socket.destroy();
  } finally {
    socket.once("close", () => clearTimeout(deadline));
    if (socket.destroyed) clearTimeout(deadline);
  }
}

async function take(certificates: CertificateKeeper, app: AppId, line: Uint8Array): Promise<CertificateReply> {
  const grant = certificateGrantSchema.safeParse(JSON.parse(new TextDecoder().decode(line)));
  if (!grant.success) return { kind: "refused", message: "expected a certificate, found something else" };
  const { certificate: certificatePem, authority: authorityPem } = grant.data;
  const taken = await certificates.take(app, { certificatePem, authorityPem });
  return taken.ok ? { kind: "done" } : { kind: "refused", message: taken.error };
}

/** For a person at the app: mostly its clock or ours is wrong. */
function whyStranger(socket: TLSSocket, now: number): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "no certificate was shown";
  const { validFromDate, validToDate } = certificate;
  if (validFromDate.getTime() <= now && now < validToDate.getTime())
    return "the certificate is not one of a paired app";
  return `the app's certificate is good from ${validFromDate.toISOString()} to ${validToDate.toISOString()}`;
}

function say(socket: TLSSocket, message: CertificateOffer | CertificateReply): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}
