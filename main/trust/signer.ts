import "#core/pairing/reflect-metadata.ts";
import * as x509 from "@peculiar/x509";
import { createHash } from "node:crypto";
import { err, ok, type Result } from "#core/base/result.ts";
import type { CertificateSigner } from "#core/ports/trust.ts";
import type { Authority } from "./authority.ts";

/** Signs what paired agents ask for: their own id and the key they were paired with, never anything else. */
export function createSigner(authority: Authority): CertificateSigner {
  return {
    async sign(agent, request) {
      const key = await readRequest(request);
      if (!key.ok) return key;
      if (createHash("sha256").update(key.value).digest("hex") !== agent.fingerprint) {
        return err(`expected a request for the key that agent ${agent.id} was paired with, found one for another key`);
      }
      try {
        const certificatePem = await authority.issueAgentCertificate({ publicKeySpki: key.value, agentId: agent.id });
        return ok({ certificatePem, authorityPem: authority.certificatePem });
      } catch (error) {
        return err(`the certificate could not be issued: ${String(error)}`);
      }
    },
  };
}

/** The public key (SPKI, DER) of a request that is signed by it. */
async function readRequest(request: string): Promise<Result<Uint8Array, string>> {
  try {
    const parsed = new x509.Pkcs10CertificateRequest(Buffer.from(request, "base64"));
    if (await parsed.verify(crypto)) return ok(new Uint8Array(parsed.publicKey.rawData));
  } catch (error) {
    return err(`expected a certificate request (PKCS#10), found something else: ${String(error)}`);
  }
  return err("expected a certificate request signed by the key it is for, found another signature");
}
