import type { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import type { Sha256 } from "#core/model/id.ts";
import { appServerName } from "#core/pairing/names.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { SignedCertificate } from "#core/ports/trust.ts";
import { ByteReader } from "#core/protocol/byte-reader.ts";
import {
  type CertificateGrant,
  type CertificateOffer,
  certificateOfferSchema,
  certificateReplySchema,
  CERTIFICATES_PROTOCOL,
  CERTIFICATES_WITHIN_MS,
  MAX_CERTIFICATE_LINE_BYTES,
} from "#core/protocol/certificate-messages.ts";
import type { Authority } from "./authority.ts";
import { fingerprintOf } from "./certificates.ts";

const NO_COMMON_PROTOCOL = "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL";

/**
 * A connection to an agent's front door about certificates. Dates are not looked at here: whoever opens it must compare the key
 * with the one that was paired, and the signature with the authority's.
 */
export class CertificateVisit {
  readonly certificate: X509Certificate;
  readonly fingerprint: Sha256;
  readonly #socket: TLSSocket;
  readonly #reader: ByteReader;
  readonly #stop: () => void;

  constructor(socket: TLSSocket, certificate: X509Certificate, stop: () => void) {
    this.certificate = certificate;
    this.fingerprint = fingerprintOf(certificate.publicKey);
    this.#socket = socket;
    this.#reader = new ByteReader(socket);
    this.#stop = stop;
  }

  /** `closed`: it hung up on this app; `unknown-protocol`: an older agent. All of the visit ends within a deadline. */
  static async open(
    authority: Authority,
    place: { readonly host: string; readonly port: number },
    clock: Clock,
  ): Promise<CertificateVisit | "closed" | "unknown-protocol"> {
    const { keyPem: key, certificatePem: cert } = await authority.clientCredential();
    const socket = connect({
      ...place,
      key,
      cert,
      ca: authority.certificatePem,
      servername: appServerName(authority.app),
      ALPNProtocols: [CERTIFICATES_PROTOCOL],
      minVersion: "TLSv1.3",
      rejectUnauthorized: false,
    });
    // It is looked at in passing: nothing waits for it when the app ends.
    socket.unref();
    const stop = clock.after(CERTIFICATES_WITHIN_MS, () => socket.destroy(new Error("it took too long")));
    const outcome = await new Promise<"open" | "closed" | "unknown-protocol">((resolve) => {
      socket.on("error", (error) => resolve(hasCode(error, NO_COMMON_PROTOCOL) ? "unknown-protocol" : "closed"));
      socket.once("close", () => resolve("closed"));
      socket.once("secureConnect", () => resolve("open"));
    });
    const certificate = socket.getPeerX509Certificate();
    if (outcome === "open" && socket.alpnProtocol === CERTIFICATES_PROTOCOL && certificate !== undefined) {
      return new CertificateVisit(socket, certificate, stop);
    }
    stop();
    socket.destroy();
    return outcome === "open" ? "closed" : outcome;
  }

  /** What the agent begins with. Throws when it is not that. */
  async offer(): Promise<CertificateOffer> {
    return certificateOfferSchema.parse(await this.#read());
  }

  /** Gives the agent its certificate; why it does not take it, or null. Throws when the agent says something else. */
  async give({ certificatePem, authorityPem }: SignedCertificate): Promise<string | null> {
    const grant: CertificateGrant = { kind: "renewed", certificate: certificatePem, authority: authorityPem };
    this.#socket.write(`${JSON.stringify(grant)}\n`);
    const reply = certificateReplySchema.parse(await this.#read());
    return reply.kind === "done" ? null : reply.message;
  }

  close(): void {
    this.#stop();
    this.#socket.destroy();
  }

  async #read(): Promise<unknown> {
    const line = await this.#reader.line(MAX_CERTIFICATE_LINE_BYTES);
    if (line === null) throw new Error("the agent closed the connection");
    return JSON.parse(new TextDecoder().decode(line));
  }
}

function hasCode(error: Error, code: string): boolean {
  return "code" in error && error.code === code;
}
