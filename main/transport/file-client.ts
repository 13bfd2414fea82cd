import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import type { FileDesk } from "#core/ports/files.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import type { AgentTls } from "./agent-tls.ts";
import { connectFiles } from "./file-connection.ts";
import { FileDeskError, toLocalError } from "./file-desk-error.ts";
import { FileFetch } from "./file-fetch.ts";
import { findFiles, placeInFolder } from "./folder-files.ts";
import { findModules } from "./folder-modules.ts";
import { sendFile } from "./send-file.ts";

/** Transfers at once, of all runs and agents together; more wait their turn. */
const MAX_TRANSFERS = 8;

/** The app's own files, over the agents' front doors. */
export class FileClient implements FileDesk {
  readonly #tls: AgentTls;
  readonly #relayFolder: string | null;
  #free = MAX_TRANSFERS;
  readonly #waiting: (() => void)[] = [];
  /** By agent and content: the last of the transfers that put it there. An agent takes the same content in once at a time. */
  readonly #putting = new Map<string, Promise<void>>();

  /** `relayFolder`: where files lie that are passed on, each only meanwhile; what an earlier process left there is removed. */
  constructor(input: { readonly tls: AgentTls; readonly relayFolder?: string }) {
    this.#tls = input.tls;
    this.#relayFolder = input.relayFolder ?? null;
    if (this.#relayFolder !== null) rmSync(this.#relayFolder, { recursive: true, force: true });
  }

  find(folder: string, pattern: string): Promise<readonly FileRef[]> {
    return findFiles(folder, pattern);
  }

  findModules(folder: string, module: string): Promise<readonly FileRef[]> {
    return findModules(folder, module);
  }

  async put(target: LinkTarget, folder: string, file: FileRef, signal: CancelSignal): Promise<void> {
    const path = await placeInFolder(folder, file.name);
    await this.#oneByOne(`${target.id} ${file.sha256}`, async () => {
      const connection = await connectFiles(this.#tls, target, signal);
      try {
        await sendFile(connection, path, file);
      } finally {
        connection.close();
      }
    });
  }

  async fetch(
    holders: readonly LinkTarget[],
    sha256: Sha256,
    sizeBytes: number,
    to: string,
    signal: CancelSignal,
  ): Promise<void> {
    await this.#inTurn(async () => {
      const { file, path } = await openBeside(to);
      try {
        await new FileFetch(this.#tls, file, { sha256, sizeBytes }, signal).from(holders);
        await file.sync();
        await file.close();
        await rename(path, to);
      } catch (error) {
        await file.close().catch(() => undefined);
        await rm(path, { force: true }).catch(() => undefined);
        throw toLocalError(error, `${to} cannot be written`, "no-folder");
      }
    });
  }

  async relay(holders: readonly LinkTarget[], target: LinkTarget, file: FileRef, signal: CancelSignal): Promise<void> {
    const folder = this.#relayFolder;
    if (folder === null) throw new FileDeskError("local", "this app has no folder to pass files on in");
    const name = `${file.sha256}-${randomBytes(4).toString("hex")}`;
    const path = join(folder, name);
    try {
      await this.fetch(holders, file.sha256, file.sizeBytes, path, signal);
      await this.put(target, folder, { ...file, name }, signal);
    } finally {
      await rm(path, { force: true });
    }
  }

  async #oneByOne(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.#putting.get(key) ?? Promise.resolve();
    const done = before.then(() => this.#inTurn(work));
    const ended = done.catch(() => undefined);
    this.#putting.set(key, ended);
    try {
      await done;
    } finally {
      if (this.#putting.get(key) === ended) this.#putting.delete(key);
    }
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/** A new file in the folder of `to`, whose own name may be as long as names can be. */
async function openBeside(to: string): Promise<{ readonly file: FileHandle; readonly path: string }> {
  const folder = dirname(to);
  const path = join(folder, `.lanweave-${randomBytes(8).toString("hex")}.part`);
  try {
    await mkdir(folder, { recursive: true });
    return { file: await open(path, "wx"), path };
  } catch (error) {
    throw toLocalError(error, `${folder} cannot be written to`, "no-folder");
  }
}
