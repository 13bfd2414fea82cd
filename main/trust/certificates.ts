import "#core/pairing/reflect-metadata.ts";
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { AgentId, AppId, Sha256 } from "#core/model/id.ts";
import { AUTHORITY_MS, BACKDATED_MS, LEAF_MS } from "#core/pairing/lifetimes.ts";
import { agentServerName, appServerName, type CertificateHolder, holderUrl } from "#core/pairing/names.ts";

/** Who signs, and with what. */
export interface Issuer {
  readonly app: AppId;
  readonly privateKey: KeyObject;
}

/** When a certificate is made, and its serial number's bytes of chance. */
export interface IssueMoment {
  readonly nowMs: number;
  readonly chance: Uint8Array;
}

export const SERIAL_BYTES = 16;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The certificate of an app's authority: it may sign leaves and nothing else. */
export async function makeAuthorityCertificate(issuer: Issuer, moment: IssueMoment): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...dates(moment, AUTHORITY_MS),
      name: authorityName(issuer.app),
      signingAlgorithm: ALGORITHM,
      keys: { privateKey: await signingKey(issuer.privateKey), publicKey: await publicKey(issuer.privateKey) },
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(await publicKey(issuer.privateKey), false, crypto),
      ],
    },
    crypto,
  );
  return certificate.toString("pem");
}

/** A certificate for `key`, which may be given by its public half. Agents serve and, among themselves, also connect. */
export async function issueCertificate(
  issuer: Issuer,
  holder: CertificateHolder,
  key: KeyObject,
  moment: IssueMoment,
): Promise<string> {
  const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
  const subjectKey = await publicKey(key);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      ...dates(moment, LEAF_MS),
      subject: holder.kind === "app" ? `CN=Lanweave app ${holder.app}` : `CN=Lanweave agent ${holder.agent}`,
      issuer: authorityName(issuer.app),
      signingAlgorithm: ALGORITHM,
      publicKey: subjectKey,
      signingKey: await signingKey(issuer.privateKey),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(holder.kind === "app" ? [clientAuth] : [serverAuth, clientAuth]),
        new x509.SubjectAlternativeNameExtension([
          { type: "dns", value: holder.kind === "app" ? appServerName(holder.app) : agentServerName(holder.agent) },
          { type: "url", value: holderUrl(holder) },
        ]),
        await x509.SubjectKeyIdentifierExtension.create(subjectKey, false, crypto),
        await x509.AuthorityKeyIdentifierExtension.create(await publicKey(issuer.privateKey), false, crypto),
      ],
    },
    crypto,
  );
  return certificate.toString("pem");
}

/** SHA-256 of the key's public half (SPKI, DER): the fingerprint; its first 16 digits are the id. */
export function fingerprintOf(key: KeyObject): Sha256 {
  return createHash("sha256").update(spkiOf(key)).digest("hex") as Sha256;
}

/** The id of an agent with this key. */
export function agentIdOf(fingerprint: Sha256): AgentId {
  return fingerprint.slice(0, 16) as AgentId;
}

/** The key's public half, SPKI, DER. */
export function spkiOf(key: KeyObject): Buffer {
  return publicHalf(key).export({ type: "spki", format: "der" });
}

function authorityName(app: AppId): string {
  return `CN=Lanweave authority ${app}`;
}

function dates(
  { nowMs, chance }: IssueMoment,
  lifeMs: number,
): { serialNumber: string; notBefore: Date; notAfter: Date } {
  return {
    // A leading 40 keeps the number positive and of one length.
    serialNumber: `40${Buffer.from(chance).toString("hex")}`,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + lifeMs),
  };
}

function publicHalf(key: KeyObject): KeyObject {
  return key.type === "private" ? createPublicKey(key) : key;
}

function publicKey(key: KeyObject) {
  return crypto.subtle.importKey("spki", new Uint8Array(spkiOf(key)), ALGORITHM, true, ["verify"]);
}

function signingKey(key: KeyObject) {
  return crypto.subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), ALGORITHM, true, ["sign"]);
}
