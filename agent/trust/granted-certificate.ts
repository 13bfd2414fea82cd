import { createHash, X509Certificate } from "node:crypto";
import type { AppId, EpochMs } from "#core/model/id.ts";
import type { PairingApp } from "#core/pairing/agent-exchange.ts";
import { BACKDATED_MS } from "#core/pairing/lifetimes.ts";
import { parseHolder } from "#core/pairing/names.ts";
import type { SignedCertificate } from "#core/ports/trust.ts";
import type { Identity } from "./identity.ts";

interface Certificates {
  readonly authority: X509Certificate;
  readonly certificate: X509Certificate;
}

/**
 * Whether what an app granted is what it proved to be: the authority is the one bound into the exchange, and the
 * certificate is for this agent's own key and signed by that authority. The reason when it is not.
 */
export function whyNotGranted(
  granted: SignedCertificate,
  peer: PairingApp,
  identity: Identity,
  now: EpochMs,
): string | undefined {
  const read = readCertificates(granted);
  if (read === undefined) return "one of the certificates cannot be read";
  if (sha256(read.authority.raw) !== peer.authority) return "the authority is not the one the app proved to be";
  return whyNotSigned(read, peer.app, identity, now);
}

/**
 * Whether a new certificate may take the place of the one of a pairing: the app's authority has the key it always had, and has
 * signed the new one for this agent's own key. The reason when not.
 */
export function whyNotRenewed(
  signed: SignedCertificate,
  pairing: SignedCertificate & { readonly app: AppId },
  identity: Identity,
  now: EpochMs,
): string | undefined {
  const read = readCertificates(signed);
  if (read === undefined) return "one of the certificates cannot be read";
  // The app's id is made of its key's hash, cut short; so here the whole key is compared.
  if (!spki(read.authority).equals(spki(new X509Certificate(pairing.authorityPem)))) {
    return "the authority has another key than the one this agent was paired with";
  }
  return whyNotSigned(read, pairing.app, identity, now);
}

function readCertificates(signed: SignedCertificate): Certificates | undefined {
  try {
    return {
      authority: new X509Certificate(signed.authorityPem),
      certificate: new X509Certificate(signed.certificatePem),
    };
  } catch {
    return undefined;
  }
}

function whyNotSigned(
  { authority, certificate }: Certificates,
  app: AppId,
  identity: Identity,
  now: EpochMs,
): string | undefined {
  if (sha256(spki(authority)).slice(0, 16) !== app) return "the app's id does not belong to its authority's key";
  if (!authority.ca || !authority.verify(authority.publicKey))
    return "the authority's certificate is not one of an authority";
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    return "the authority did not sign it";
  if (!spki(certificate).equals(identity.publicKey)) return "the certificate is for another key";
  if (certificate.ca) return "the certificate would make this agent an authority";
  const holder = parseHolder(certificate.subjectAltName ?? "");
  if (holder?.kind !== "agent" || holder.agent !== identity.id) return "the certificate names another agent";
  for (const each of [authority, certificate]) {
    const reason = whyNotNow(each, now);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Both clocks, as far as this end can know the other: what is signed is good from a day before. */
function whyNotNow({ validFromDate, validToDate }: X509Certificate, now: EpochMs): string | undefined {
  if (validFromDate.getTime() <= now && now < validToDate.getTime()) return undefined;
  const signedAt = new Date(validFromDate.getTime() + BACKDATED_MS).toISOString();
  return `it is valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()}; the app's clock said ${signedAt} when it was signed, this machine's says ${new Date(now).toISOString()}: check the clocks of both machines`;
}

function spki(certificate: X509Certificate): Buffer {
  return certificate.publicKey.export({ type: "spki", format: "der" });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
