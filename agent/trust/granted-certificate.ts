import { createHash, X509Certificate } from "node:crypto";
import type { EpochMs } from "#core/model/id.ts";
import type { PairingApp } from "#core/pairing/agent-exchange.ts";
import { parseHolder } from "#core/pairing/names.ts";
import type { Identity } from "./identity.ts";

/**
 * Whether what an app granted is what it proved to be: the authority is the one bound into the exchange, and the
 * certificate is for this agent's own key and signed by that authority. The reason when it is not.
 */
export function whyNotGranted(
  granted: { readonly authorityPem: string; readonly certificatePem: string },
  peer: PairingApp,
  identity: Identity,
  now: EpochMs,
): string | undefined {
  let authority: X509Certificate;
  let certificate: X509Certificate;
  try {
    authority = new X509Certificate(granted.authorityPem);
    certificate = new X509Certificate(granted.certificatePem);
  } catch {
    return "one of the certificates cannot be read";
  }
  const holder = parseHolder(certificate.subjectAltName ?? "");
  if (sha256(authority.raw) !== peer.authority) return "the authority is not the one the app proved to be";
  if (sha256(spki(authority)).slice(0, 16) !== peer.app) return "the app's id does not belong to its authority's key";
  if (!authority.ca || !authority.verify(authority.publicKey))
    return "the authority's certificate is not one of an authority";
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    return "the authority did not sign it";
  if (!spki(certificate).equals(identity.publicKey)) return "the certificate is for another key";
  if (certificate.ca) return "the certificate would make this agent an authority";
  if (holder?.kind !== "agent" || holder.agent !== identity.id) return "the certificate names another agent";
  for (const { validFromDate, validToDate } of [authority, certificate]) {
    if (validFromDate.getTime() > now || validToDate.getTime() <= now) {
      return `it is valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()}: check the clocks of both machines`;
    }
  }
  return undefined;
}

function spki(certificate: X509Certificate): Buffer {
  return certificate.publicKey.export({ type: "spki", format: "der" });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
