import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { AgentId, AppId, Sha256 } from "#core/model/id.ts";
import { AUTHORITY_RENEW_BELOW_MS, LEAF_MS, RENEW_BELOW_MS } from "#core/pairing/lifetimes.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import type { Credential, KeyVault } from "#core/ports/trust.ts";
import { ADVICE, openAuthorityKey, toPem } from "./authority-key.ts";
import {
  agentIdOf,
  fingerprintOf,
  issueCertificate,
  type IssueMoment,
  type Issuer,
  makeAuthorityCertificate,
  SERIAL_BYTES,
  spkiOf,
} from "./certificates.ts";
import { makePrivateFolder, readPrivateFile, TrustFileError, writePrivateFile } from "#system/private-file.ts";

/** The app's own certificate authority, the only root its agents accept. Rule FLEET-2. */
export interface Authority {
  readonly app: AppId;
  readonly certificatePem: string;
  /** SHA-256 of the certificate, DER. */
  readonly digest: Sha256;
  /** The app's own certificate for connecting to agents; made anew when less than 30 of its 90 days remain. */
  clientCredential(): Promise<Credential>;
  /** A certificate for an agent's key, 90 days. Throws when the id does not belong to the key. */
  issueAgentCertificate(agent: { publicKeySpki: Uint8Array; agentId: AgentId }): Promise<string>;
}

export const TRUST_FOLDER = "trust";
/** Reads the authority from the app's data folder, or makes one at the first start. */
export async function openAuthority(
  dataDir: string,
  ports: { clock: Clock; random: Random; log?: Log; vault?: KeyVault | null },
): Promise<Authority> {
  const folder = join(dataDir, TRUST_FOLDER);
  await makePrivateFolder(folder);
  const moment = (): IssueMoment => ({ nowMs: ports.clock.now(), chance: ports.random.bytes(SERIAL_BYTES) });
  const certificatePath = join(folder, "authority-certificate.pem");
  const stored = await readPrivateFile(certificatePath);
  const { vault = null, log = null } = ports;
  const privateKey = await openAuthorityKey({ folder, isFirst: stored === undefined, vault, log });
  const issuer: Issuer = { app: agentIdOf(fingerprintOf(privateKey)) as string as AppId, privateKey };
  const certificatePem = await openCertificate(certificatePath, stored, issuer, moment());
  return new FileAuthority(issuer, certificatePem, moment);
}

class FileAuthority implements Authority {
  readonly #issuer: Issuer;
  readonly #moment: () => IssueMoment;
  readonly certificatePem: string;
  readonly digest: Sha256;
  #client: { readonly credential: Promise<Credential>; readonly madeMs: number } | undefined;

  constructor(issuer: Issuer, certificatePem: string, moment: () => IssueMoment) {
    this.#issuer = issuer;
    this.#moment = moment;
    this.certificatePem = certificatePem;
    this.digest = createHash("sha256").update(new X509Certificate(certificatePem).raw).digest("hex") as Sha256;
  }

  get app(): AppId {
    return this.#issuer.app;
  }

  clientCredential(): Promise<Credential> {
    const moment = this.#moment();
    const age = this.#client === undefined ? Infinity : moment.nowMs - this.#client.madeMs;
    // Kept in memory only: a key that is on no disk cannot be taken from one. Also made anew when the clock went back.
    if (this.#client === undefined || age < 0 || age > LEAF_MS - RENEW_BELOW_MS) {
      this.#client = { credential: this.#makeClient(moment), madeMs: moment.nowMs };
    }
    return this.#client.credential;
  }

  async issueAgentCertificate(agent: { publicKeySpki: Uint8Array; agentId: AgentId }): Promise<string> {
    const key = createPublicKey({ key: Buffer.from(agent.publicKeySpki), format: "der", type: "spki" });
    const found = agentIdOf(fingerprintOf(key));
    if (found !== agent.agentId)
      throw new Error(`expected the key of agent ${agent.agentId}, found the key of ${found}`);
    return issueCertificate(this.#issuer, { kind: "agent", agent: agent.agentId }, key, this.#moment());
  }

  async #makeClient(moment: IssueMoment): Promise<Credential> {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const certificatePem = await issueCertificate(this.#issuer, { kind: "app", app: this.app }, privateKey, moment);
    return { keyPem: toPem(privateKey), certificatePem };
  }
}

async function openCertificate(
  path: string,
  stored: string | undefined,
  issuer: Issuer,
  moment: IssueMoment,
): Promise<string> {
  if (stored === undefined) return makeCertificate(path, issuer, moment);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(stored);
  } catch (error) {
    throw new TrustFileError(path, `expected a certificate in PEM, found something damaged. ${ADVICE}`, {
      cause: error,
    });
  }
  if (!certificate.publicKey.export({ type: "spki", format: "der" }).equals(spkiOf(issuer.privateKey))) {
    throw new TrustFileError(path, `expected the certificate of the key beside it, found another's. ${ADVICE}`);
  }
  // The key stays, so what was signed stays good; agents take the new certificate when they renew their own.
  const leftMs = certificate.validToDate.getTime() - moment.nowMs;
  return leftMs < AUTHORITY_RENEW_BELOW_MS ? makeCertificate(path, issuer, moment) : stored;
}

async function makeCertificate(path: string, issuer: Issuer, moment: IssueMoment): Promise<string> {
  const made = await makeAuthorityCertificate(issuer, moment);
  await writePrivateFile(path, made);
  return made;
}
