import "#core/pairing/reflect-metadata.ts";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { AppId } from "#core/model/id.ts";
import { appServerName, type CertificateHolder, holderUrl } from "#core/pairing/names.ts";

const DAY_MS = 86_400_000;
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const ED25519 = { name: "Ed25519" };

const AUTHORITY_USE = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature;

/** A key and a chain to connect or serve with, and what is odd about it. */
export interface OddCertificate {
  readonly oddity: string;
  readonly key: string;
  readonly cert: string;
}

interface Wish {
  readonly oddity: string;
  readonly key?: KeyObject;
  readonly fromDays?: number;
  readonly untilDays?: number;
  readonly usages?: readonly string[];
  readonly keyUsage?: number;
  readonly holder?: CertificateHolder;
  readonly isAuthority?: boolean;
  readonly ballast?: number;
}

interface Signer {
  readonly key: KeyObject;
  readonly name: string;
}

/**
 * Certificates of every wrong kind for `holder`: most of them signed by the right authority, whose key is given, since that is where
 * mistakes would hide.
 */
export async function makeOddCertificates(
  authority: { readonly app: AppId; readonly keyPem: string; readonly certificatePem: string },
  holder: CertificateHolder,
): Promise<readonly OddCertificate[]> {
  const right = { key: createPrivateKey(authority.keyPem), name: `CN=Lanweave authority ${authority.app}` };
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const wrong = { key: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, name: right.name };
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const ed25519 = generateKeyPairSync("ed25519").privateKey;
  const otherHolder: CertificateHolder =
    holder.kind === "app" ? { kind: "app", app: "0".repeat(16) as AppId } : { kind: "app", app: authority.app };
  const wishes: readonly Wish[] = [
    { oddity: "expired", fromDays: -100, untilDays: -1 },
    { oddity: "not yet valid", fromDays: 2, untilDays: 90 },
    { oddity: "for another holder", holder: otherHolder },
    { oddity: "an RSA key", key: rsa },
    { oddity: "an Ed25519 key", key: ed25519 },
    { oddity: "of an authority", isAuthority: true, keyUsage: AUTHORITY_USE },
    { oddity: "for signing code", usages: [x509.ExtendedKeyUsage.codeSigning] },
    { oddity: "for no signatures", keyUsage: x509.KeyUsageFlags.cRLSign },
    { oddity: "of 300 KB", ballast: 300_000 },
  ];
  const odd: OddCertificate[] = [];
  for (const wish of wishes) odd.push(await make(right, own, holder, wish));
  odd.push(await make({ key: own, name: "CN=me" }, own, holder, { oddity: "self-signed" }));
  odd.push(await make(wrong, own, holder, { oddity: "of another authority of the same name" }));
  odd.push(await makeLongChain(right, own, holder));
  odd.push({ oddity: "the authority's own", key: authority.keyPem, cert: authority.certificatePem });
  return odd;
}

/** The authority signs for leaves only, so one more step must be refused, whatever the middle claims. */
async function makeLongChain(right: Signer, own: KeyObject, holder: CertificateHolder): Promise<OddCertificate> {
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const usage = x509.KeyUsageFlags.keyCertSign;
  const wish = { oddity: "middle", isAuthority: true, keyUsage: usage, key };
  const middle = await make(right, key, { kind: "app", app: "1".repeat(16) as AppId }, wish);
  const leaf = await make({ key, name: nameOf({ kind: "app", app: "1".repeat(16) as AppId }) }, own, holder, {
    oddity: "a chain too long",
  });
  return { ...leaf, cert: `${leaf.cert}\n${middle.cert}` };
}

async function make(signer: Signer, own: KeyObject, usual: CertificateHolder, wish: Wish): Promise<OddCertificate> {
  const key = wish.key ?? own;
  const holder = wish.holder ?? usual;
  const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(wish.isAuthority === true, undefined, true),
    new x509.KeyUsagesExtension(wish.keyUsage ?? x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([...(wish.usages ?? [serverAuth, clientAuth])]),
    new x509.SubjectAlternativeNameExtension([
      { type: "dns", value: holder.kind === "app" ? appServerName(holder.app) : "agent.lanweave.internal" },
      { type: "url", value: holderUrl(holder) },
    ]),
  ];
  if (wish.ballast !== undefined) extensions.push(new x509.Extension("1.2.3.4", false, new Uint8Array(wish.ballast)));
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: "4001020304",
      subject: nameOf(holder),
      issuer: signer.name,
      notBefore: new Date(now + (wish.fromDays ?? -1) * DAY_MS),
      notAfter: new Date(now + (wish.untilDays ?? 90) * DAY_MS),
      signingAlgorithm: ECDSA,
      publicKey: await importKey("spki", createPublicKey(key), ["verify"]),
      signingKey: await importKey("pkcs8", signer.key, ["sign"]),
      extensions,
    },
    crypto,
  );
  return {
    oddity: wish.oddity,
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: certificate.toString("pem"),
  };
}

function nameOf(holder: CertificateHolder): string {
  return holder.kind === "app" ? `CN=Lanweave app ${holder.app}` : `CN=Lanweave agent ${holder.agent}`;
}

function importKey(type: "spki" | "pkcs8", key: KeyObject, usages: ("sign" | "verify")[]) {
  const algorithms: Readonly<Record<string, typeof ECDSA | typeof RSA | typeof ED25519>> = {
    rsa: RSA,
    ed25519: ED25519,
  };
  const algorithm = algorithms[key.asymmetricKeyType ?? ""] ?? ECDSA;
  const der = type === "spki" ? key.export({ type, format: "der" }) : key.export({ type, format: "der" });
  return crypto.subtle.importKey(type, new Uint8Array(der), algorithm, true, usages);
}
