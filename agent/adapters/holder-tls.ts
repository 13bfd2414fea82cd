import { createHash, X509Certificate } from "node:crypto";
import type { ConnectionOptions } from "node:tls";
import type { FileHolder } from "#core/model/attempt.ts";
import type { AppId } from "#core/model/id.ts";
import { appServerName, parseHolder } from "#core/pairing/names.ts";

/** TLS for connecting to another agent of the same app: this agent's own certificate of that app, and the key the holder must prove. */
export function holderTls(
  pairing: { readonly app: AppId; readonly authorityPem: string; readonly certificatePem: string },
  keyPem: string,
): (holder: FileHolder) => ConnectionOptions {
  return (holder) => ({
    key: keyPem,
    cert: pairing.certificatePem,
    ca: pairing.authorityPem,
    servername: appServerName(pairing.app),
    minVersion: "TLSv1.3",
    rejectUnauthorized: true,
    checkServerIdentity: (_host, peer) => whyNotHolder(holder, new X509Certificate(peer.raw)),
  });
}

function whyNotHolder(expected: FileHolder, certificate: X509Certificate): Error | undefined {
  const found = parseHolder(certificate.subjectAltName ?? "");
  if (found?.kind !== "agent" || found.agent !== expected.agent)
    return new Error(`expected agent ${expected.agent}, found another`);
  const key = certificate.publicKey.export({ type: "spki", format: "der" });
  if (createHash("sha256").update(key).digest("hex") === expected.fingerprint) return undefined;
  return new Error(`agent ${expected.agent} shows another key than the app said`);
}
