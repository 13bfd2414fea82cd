import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { join } from "node:path";
import type { KeyVault } from "#core/ports/trust.ts";
import type { Log } from "#core/ports/log.ts";
import { removeDurably } from "#system/durable-file.ts";
import { readPrivateFile, TrustFileError, writePrivateFile } from "#system/private-file.ts";

/** What to do about a file of the trust folder that cannot be used. */
export const ADVICE =
  "Restore the folder from a backup, or delete it: the app then gets a new identity and every agent must be paired again";

interface KeyInput {
  readonly folder: string;
  /** There is no certificate either: a key that was lost must not be replaced in silence. */
  readonly isFirst: boolean;
  /** Null: the key lies in a file that only its user can read. */
  readonly vault: KeyVault | null;
  readonly log: Log | null;
}

/** Reads the authority's key, or makes one at the first start; moves it into the system's protection where there is one. */
export async function openAuthorityKey(input: KeyInput): Promise<KeyObject> {
  const plainPath = join(input.folder, "authority-key.pem");
  const sealedPath = join(input.folder, "authority-key.sealed");
  const plain = await readPrivateFile(plainPath);
  if (plain !== undefined) {
    const key = parseKey(plainPath, plain);
    if (await seal(input, sealedPath, plain)) await removeDurably(plainPath);
    return key;
  }
  const sealed = await readPrivateFile(sealedPath);
  if (sealed !== undefined) return openSealed(input, { plainPath, sealedPath }, sealed);
  if (!input.isFirst) throw new TrustFileError(plainPath, `is missing, though its certificate is there. ${ADVICE}`);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  if (!(await seal(input, sealedPath, toPem(privateKey)))) await writePrivateFile(plainPath, toPem(privateKey));
  return privateKey;
}

export function toPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Whether the key is now in the system's protection, and can be had back from there. */
async function seal({ vault, log }: KeyInput, path: string, pem: string): Promise<boolean> {
  if (vault === null || vault.isLeft) return false;
  const sealed = await vault.seal(pem);
  if (sealed === null) {
    log?.info("the system offers no protection for the app's key: it stays in a file that only its user can read");
    return false;
  }
  if ((await vault.open(sealed)) !== pem) {
    log?.warn("what the system protects cannot be opened again: the app's key stays in its file");
    return false;
  }
  await writePrivateFile(path, `${sealed}\n`);
  log?.info("the app's key is under the system's protection now", { path });
  return true;
}

async function openSealed(
  { vault, log }: KeyInput,
  { plainPath, sealedPath }: { readonly plainPath: string; readonly sealedPath: string },
  sealed: string,
): Promise<KeyObject> {
  if (vault === null) {
    throw new TrustFileError(
      sealedPath,
      "the app's key is under the protection of the desktop app. Start that (commands find it while it runs), or give another folder with --data. To take the protection off, start it once with LANWEAVE_PLAIN_KEY=1",
    );
  }
  const pem = await vault.open(sealed.trim());
  if (pem === null) {
    throw new TrustFileError(
      sealedPath,
      `the system does not open the app's key. Unlock the keyring of the user who made it, and start again. ${ADVICE}`,
    );
  }
  const key = parseKey(sealedPath, pem);
  if (vault.isLeft) {
    await writePrivateFile(plainPath, pem);
    await removeDurably(sealedPath);
    log?.warn("the app's key has left the system's protection: it lies in a file now", { path: plainPath });
  }
  return key;
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
