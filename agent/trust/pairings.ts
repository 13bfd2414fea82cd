import { X509Certificate } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Disposable } from "#core/base/dispose.ts";
import type { AgentId, AppId, EpochMs } from "#core/model/id.ts";
import { MAX_NAME_LENGTH, MAX_PEM_LENGTH } from "#core/pairing/messages.ts";
import type { TrustedPeer } from "#core/ports/trust.ts";
import { removeDurably } from "#system/durable-file.ts";
import { PAIRINGS_FOLDER, TRUST_FOLDER } from "./identity.ts";
import { makePrivateFolder, readPrivateFile, TrustFileError, writePrivateFile } from "#system/private-file.ts";

/** An app this agent works for. */
export interface Pairing extends TrustedPeer {
  readonly app: AppId;
  readonly appName: string;
  /** This agent's certificate, signed by the app's authority. */
  readonly certificatePem: string;
  readonly pairedAt: EpochMs;
  /** Agents that are not paired with the app any more, though their certificates may still be good. */
  readonly revoked?: readonly AgentId[];
}

export type PairingChange =
  { readonly kind: "added"; readonly pairing: Pairing } | { readonly kind: "removed"; readonly app: AppId };

/** The apps this agent is paired with. What `add` and `remove` promise is durable once they resolve. */
export interface Pairings {
  /** By time of pairing. */
  list(): readonly Pairing[];
  get(app: AppId): Pairing | undefined;
  /** Adds, or replaces the one with the same app. */
  add(pairing: Pairing): Promise<void>;
  /** The same pairing with newer certificates; false when it is gone meanwhile. */
  replace(pairing: Pairing): Promise<boolean>;
  /** Revokes: gone from memory and told to the listeners before it is gone from the disk. False if there was none. */
  remove(app: AppId): Promise<boolean>;
  onChange(listener: (change: PairingChange) => void): Disposable;
}

/** More apps than this cannot be paired with one agent. */
export const MAX_PAIRINGS = 64;

/** Reads the pairings from the agent's data folder. A damaged file is an error that names it. */
export async function openPairings(dataDir: string): Promise<Pairings> {
  const folder = join(dataDir, TRUST_FOLDER, PAIRINGS_FOLDER);
  await makePrivateFolder(join(dataDir, TRUST_FOLDER));
  await makePrivateFolder(folder);
  return new FilePairings(folder, await readAll(folder));
}

class FilePairings implements Pairings {
  readonly #folder: string;
  readonly #byApp: Map<AppId, Pairing>;
  readonly #listeners = new Set<(change: PairingChange) => void>();
  /** Writes and removals one after another: what was removed last must not come back by a write that began before. */
  #disk: Promise<unknown> = Promise.resolve();

  constructor(folder: string, pairings: readonly Pairing[]) {
    this.#folder = folder;
    this.#byApp = new Map(pairings.map((pairing) => [pairing.app, pairing]));
  }

  list(): readonly Pairing[] {
    return [...this.#byApp.values()].sort((left, right) => left.pairedAt - right.pairedAt);
  }

  get(app: AppId): Pairing | undefined {
    return this.#byApp.get(app);
  }

  async add(pairing: Pairing): Promise<void> {
    if (!this.#byApp.has(pairing.app) && this.#byApp.size >= MAX_PAIRINGS) {
      throw new TrustFileError(this.#folder, `holds ${MAX_PAIRINGS} pairings, the most there may be; remove one first`);
    }
    await this.#inTurn(() => this.#write(pairing));
    this.#byApp.set(pairing.app, pairing);
    this.#tell({ kind: "added", pairing });
  }

  replace(pairing: Pairing): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#byApp.has(pairing.app)) return false;
      await this.#write(pairing);
      if (!this.#byApp.has(pairing.app)) return false;
      this.#byApp.set(pairing.app, pairing);
      this.#tell({ kind: "added", pairing });
      return true;
    });
  }

  async remove(app: AppId): Promise<boolean> {
    if (!this.#byApp.delete(app)) return false;
    this.#tell({ kind: "removed", app });
    await this.#inTurn(() => removeDurably(this.#path(app)));
    return true;
  }

  onChange(listener: (change: PairingChange) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#disk.then(work);
    this.#disk = done.catch(() => undefined);
    return done;
  }

  #write(pairing: Pairing): Promise<void> {
    return writePrivateFile(this.#path(pairing.app), `${JSON.stringify(pairing, undefined, 2)}\n`);
  }

  #path(app: AppId): string {
    return join(this.#folder, `${app}.json`);
  }

  #tell(change: PairingChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

async function readAll(folder: string): Promise<Pairing[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  return Promise.all(names.map((name) => readOne(join(folder, name), name.slice(0, -".json".length))));
}

async function readOne(path: string, app: string): Promise<Pairing> {
  const pairing = parsePairing((await readPrivateFile(path)) ?? "");
  if (pairing !== undefined && pairing.app === app) return pairing;
  throw new TrustFileError(
    path,
    "expected a pairing, found something damaged. Delete the file and pair with that app again",
  );
}

function parsePairing(text: string): Pairing | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  // Files of earlier versions have no `revoked`.
  const { app, appName, authorityPem, certificatePem, pairedAt, revoked = [] } = value as Record<string, unknown>;
  if (typeof app !== "string" || !/^[0-9a-f]{16}$/.test(app)) return undefined;
  if (!isText(appName, MAX_NAME_LENGTH) || typeof pairedAt !== "number") return undefined;
  if (!isCertificate(authorityPem) || !isCertificate(certificatePem)) return undefined;
  if (!Array.isArray(revoked) || !revoked.every((id) => typeof id === "string")) return undefined;
  return {
    app: app as AppId,
    appName,
    authorityPem,
    certificatePem,
    pairedAt: pairedAt as EpochMs,
    ...(revoked.length === 0 ? {} : { revoked: revoked as AgentId[] }),
  };
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= maxLength;
}

function isCertificate(value: unknown): value is string {
  if (!isText(value, MAX_PEM_LENGTH)) return false;
  try {
    return new X509Certificate(value).raw.length > 0;
  } catch {
    return false;
  }
}
