import { X509Certificate } from "node:crypto";
import type { ConnectionOptions, PeerCertificate } from "node:tls";
import type { AgentId, Sha256 } from "#core/model/id.ts";
import { appServerName, parseHolder } from "#core/pairing/names.ts";
import type { Authority } from "./authority.ts";
import { fingerprintOf } from "./certificates.ts";

/** The agent a connection must end at, as it was remembered when it was paired. */
export interface ExpectedAgent {
  readonly id: AgentId;
  readonly fingerprint: Sha256;
}

/** A connection that ended at somebody else. */
export class WrongAgentError extends Error {
  readonly code = "wrong-agent";
}

/** For `tls.connect`'s `checkServerIdentity`: the certificate must name the agent and be for the key it was paired with. */
export function checkAgentIdentity(
  expected: ExpectedAgent,
): (host: string, peer: PeerCertificate) => Error | undefined {
  return (host, peer) => {
    const certificate = new X509Certificate(peer.raw);
    const holder = parseHolder(certificate.subjectAltName ?? "");
    const found =
      holder === undefined ? "nobody we know" : holder.kind === "agent" ? `agent ${holder.agent}` : "an app";
    if (holder?.kind !== "agent" || holder.agent !== expected.id) {
      return new WrongAgentError(`expected agent ${expected.id} at ${host}, found ${found}`);
    }
    const changed = describeKeyChange(expected, host, fingerprintOf(certificate.publicKey));
    return changed === undefined ? undefined : new WrongAgentError(changed);
  };
}

/** What to tell people when another key than the paired one answers; `undefined` when it is the paired one. */
export function describeKeyChange(
  paired: { readonly id: AgentId; readonly fingerprint: string; readonly name?: string },
  host: string,
  found: Sha256,
): string | undefined {
  if (found === paired.fingerprint) return undefined;
  const [before, now] = [paired.fingerprint, found].map((fingerprint) => fingerprint.slice(0, 16));
  return `the key of ${paired.name ?? `agent ${paired.id}`} changed since it was paired (it was ${before}, at ${host} it is ${now} now): if you reinstalled it, unpair it and pair it again; else somebody may be posing as it`;
}

/** TLS options for connecting to a paired agent, its link (node-ipc's `config.tls`) and its front door alike. */
export async function agentTlsOptions(
  authority: Authority,
  expected: ExpectedAgent,
): Promise<ConnectionOptions & { readonly key: string; readonly cert: string; readonly ca: string }> {
  const { keyPem, certificatePem } = await authority.clientCredential();
  return {
    key: keyPem,
    cert: certificatePem,
    ca: authority.certificatePem,
    servername: appServerName(authority.app),
    minVersion: "TLSv1.3",
    rejectUnauthorized: true,
    checkServerIdentity: checkAgentIdentity(expected),
  };
}
