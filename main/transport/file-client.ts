import { randomBytes } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import type { FileDesk } from "#core/ports/files.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import type { AgentTls } from "./agent-tls.ts";
import { connectFiles, type FileConnection } from "./file-connection.ts";
import { FileDeskError, toLocalError } from "./file-desk-error.ts";
import { FileFetch } from "./file-fetch.ts";
import { findFiles, hashFile, placeInFolder } from "./folder-files.ts";
import { findModules } from "./folder-modules.ts";

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
        await send(connection, path, file);
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

async function send(connection: FileConnection, path: string, file: FileRef): Promise<void> {
  const reply = await connection.ask({ kind: "put", sha256: file.sha256, sizeBytes: file.sizeBytes });
  if (reply.kind === "stored") return;
  if (reply.kind !== "send") throw new FileDeskError("protocol", `expected send or stored, found ${reply.kind}`);
  // Listened for from the start: an agent that refuses in the middle closes the connection.
  const answer = connection.answer();
  let isAnswered = false;
  answer.catch(() => undefined).finally(() => (isAnswered = true));
  let sent = reply.offset;
  try {
    for await (const chunk of contentFrom(path, file, sent)) {
      if (isAnswered) break;
      await connection.write(chunk);
      sent += chunk.length;
    }
  } catch (error) {
    if (!isAnswered) throw error;
  }
  if (!isAnswered && sent < file.sizeBytes) throw changed(file);
  try {
    await answer;
  } catch (error) {
    const isCorrupt = error instanceof FileDeskError && error.code === "corrupt";
    // Whose bytes are wrong: those of this machine, or those of the agent.
    if (isCorrupt && (await hashFile(path, file.name)).sha256 !== file.sha256) throw changed(file);
    throw error;
  }
}

/** The file's bytes, not beyond the size it had when it was hashed, even if it has grown. */
async function* contentFrom(path: string, file: FileRef, start: number): AsyncGenerator<Uint8Array> {
  if (start >= file.sizeBytes) return;
  try {
    yield* createReadStream(path, { start, end: file.sizeBytes - 1 });
  } catch (error) {
    throw toLocalError(error, `the file ${JSON.stringify(file.name)} cannot be read`, "changed");
  }
}

function changed(file: FileRef): FileDeskError {
  return new FileDeskError(
    "changed",
    `the file ${JSON.stringify(file.name)} changed while the run used it; start the run again`,
  );
}
