import "#core/pairing/reflect-metadata.ts";
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import type { AgentId, Sha256 } from "#core/model/id.ts";
import { agentServerName, holderUrl } from "#core/pairing/names.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import type { Credential } from "#core/ports/trust.ts";
import { makePrivateFolder, readPrivateFile, TrustFileError, writePrivateFile } from "#system/private-file.ts";

/** Who this agent is: its key, and what follows from it. */
export interface Identity {
  readonly id: AgentId;
  readonly fingerprint: Sha256;
  /** With a self-signed certificate, for peers that are not paired: it proves the key and nothing else. */
  readonly credential: Credential;
  /** The public key, SPKI, DER. */
  readonly publicKey: Uint8Array;
}

export const TRUST_FOLDER = "trust";
export const PAIRINGS_FOLDER = "pairings";
const ADVICE =
  "Restore it from a backup, or delete the whole folder it lies in: the agent then gets a new identity and must be paired again with every app";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;
/** Nobody trusts the self-signed certificate for its dates, and it is made anew at every start. */
const VALID_MS = 3650 * DAY_MS;
const SERIAL_BYTES = 16;

/** Reads the agent's key from its data folder, or makes one at the first start. The key never leaves that folder. */
export async function openIdentity(dataDir: string, ports: { clock: Clock; random: Random }): Promise<Identity> {
  const folder = join(dataDir, TRUST_FOLDER);
  await makePrivateFolder(folder);
  const path = join(folder, "agent-key.pem");
  const stored = await readPrivateFile(path);
  const privateKey = stored === undefined ? await makeFirstKey(folder, path) : parseKey(path, stored);
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const fingerprint = createHash("sha256").update(publicKey).digest("hex") as Sha256;
  const id = fingerprint.slice(0, 16) as AgentId;
  const certificatePem = await selfSign(privateKey, id, ports);
  return { id, fingerprint, publicKey, credential: { keyPem: toPem(privateKey), certificatePem } };
}

/** Only where there never was one: a key that was lost must not be replaced in silence. */
async function makeFirstKey(folder: string, path: string): Promise<KeyObject> {
  const names = await readdir(join(folder, PAIRINGS_FOLDER)).catch(() => []);
  const pairings = names.filter((name) => name.endsWith(".json")).length;
  if (pairings > 0) throw new TrustFileError(path, `is missing, though this agent is paired (${pairings}). ${ADVICE}`);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await writePrivateFile(path, toPem(privateKey));
  return privateKey;
}

function parseKey(path: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  } catch (error) {
    throw new TrustFileError(path, `expected a private key in PEM, found something damaged. ${ADVICE}`, {
      cause: error,
    });
  }
  throw new TrustFileError(path, `expected an ECDSA P-256 private key, found another kind. ${ADVICE}`);
}

function toPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

async function selfSign(privateKey: KeyObject, id: AgentId, ports: { clock: Clock; random: Random }): Promise<string> {
  const now = ports.clock.now();
  const keys = {
    privateKey: await importKey("pkcs8", privateKey.export({ type: "pkcs8", format: "der" }), ["sign"]),
    publicKey: await importKey("spki", createPublicKey(privateKey).export({ type: "spki", format: "der" }), ["verify"]),
  };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: `40${Buffer.from(ports.random.bytes(SERIAL_BYTES)).toString("hex")}`,
      name: `CN=Lanweave agent ${id}`,
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + VALID_MS),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        // Not an authority: as the default `ca` of a server it lets nobody in.
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          { type: "dns", value: agentServerName(id) },
          { type: "url", value: holderUrl({ kind: "agent", agent: id }) },
        ]),
      ],
    },
    crypto,
  );
  return certificate.toString("pem");
}

function importKey(format: "pkcs8" | "spki", der: Buffer, usages: ("sign" | "verify")[]) {
  return crypto.subtle.importKey(format, new Uint8Array(der), ALGORITHM, true, usages);
}
