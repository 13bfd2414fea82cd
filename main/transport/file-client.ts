import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import type { FileDesk } from "#core/ports/files.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import type { AgentTls } from "./agent-tls.ts";
import { connectFiles, type FileConnection } from "./file-connection.ts";
import { FileDeskError } from "./file-desk-error.ts";
import { findFiles, placeInFolder } from "./folder-files.ts";

/** Transfers at once, of all runs and agents together; more wait their turn. */
const MAX_TRANSFERS = 8;
/** How often all holders are tried, in turn, while bytes still come. */
const MAX_ROUNDS = 3;

/** The app's own files, over the agents' front doors. */
export class FileClient implements FileDesk {
  readonly #tls: AgentTls;
  #free = MAX_TRANSFERS;
  readonly #waiting: (() => void)[] = [];
  #counter = 0;

  constructor(input: { readonly tls: AgentTls }) {
    this.#tls = input.tls;
  }

  find(folder: string, pattern: string): Promise<readonly FileRef[]> {
    return findFiles(folder, pattern);
  }

  async put(target: LinkTarget, folder: string, file: FileRef, signal: CancelSignal): Promise<void> {
    const path = await placeInFolder(folder, file.name);
    await this.#inTurn(async () => {
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
    await mkdir(dirname(to), { recursive: true });
    this.#counter += 1;
    const temporary = `${to}.${process.pid}-${this.#counter}.part`;
    await this.#inTurn(async () => {
      const file = await open(temporary, "wx");
      try {
        await this.#fetchInto(file, holders, { sha256, sizeBytes }, signal);
        await file.sync();
        await file.close();
        await rename(temporary, to);
      } catch (error) {
        await file.close().catch(() => undefined);
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  async #fetchInto(
    file: FileHandle,
    holders: readonly LinkTarget[],
    content: { readonly sha256: Sha256; readonly sizeBytes: number },
    signal: CancelSignal,
  ): Promise<void> {
    const failures: string[] = [];
    const progress = { received: 0, hash: createHash("sha256") };
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const before = progress.received;
      for (const holder of holders) {
        if (signal.aborted) throw new FileDeskError("cancelled", "the transfer was cancelled");
        try {
          await this.#fetchFrom(holder, file, content, progress, signal);
          return;
        } catch (error) {
          failures.push(error instanceof Error ? error.message : String(error));
        }
      }
      // A round without a byte: another one would go the same way.
      if (progress.received === before) break;
    }
    throw new FileDeskError(
      "missing",
      `the file ${content.sha256} could not be fetched: ${failures.slice(-5).join("; ") || "nobody has it"}`,
    );
  }

  async #fetchFrom(
    holder: LinkTarget,
    file: FileHandle,
    content: { readonly sha256: Sha256; readonly sizeBytes: number },
    progress: { received: number; hash: ReturnType<typeof createHash> },
    signal: CancelSignal,
  ): Promise<void> {
    const connection = await connectFiles(this.#tls, holder, signal);
    try {
      const reply = await connection.ask({ kind: "get", sha256: content.sha256, offset: progress.received });
      if (reply.kind !== "sending" || reply.sizeBytes !== content.sizeBytes) {
        throw new FileDeskError("corrupt", `agent ${holder.id} has another file than was expected`);
      }
      for await (const chunk of connection.bytes(content.sizeBytes - progress.received)) {
        await writeAll(file, chunk, progress.received);
        progress.hash.update(chunk);
        progress.received += chunk.length;
      }
    } finally {
      connection.close();
    }
    const found = progress.hash.digest("hex");
    if (found === content.sha256) return;
    // Nothing of it can be trusted: the next holder starts over.
    progress.received = 0;
    progress.hash = createHash("sha256");
    throw new FileDeskError(
      "corrupt",
      `agent ${holder.id} sent bytes with SHA-256 ${found} instead of ${content.sha256}`,
    );
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

async function send(connection: FileConnection, path: string, file: FileRef): Promise<void> {
  const reply = await connection.ask({ kind: "put", sha256: file.sha256, sizeBytes: file.sizeBytes });
  if (reply.kind === "stored") return;
  if (reply.kind !== "send") throw new FileDeskError("protocol", `expected send or stored, found ${reply.kind}`);
  let sent = reply.offset;
  if (sent < file.sizeBytes) {
    // Not beyond the size it had when it was hashed, even if it has grown.
    for await (const chunk of createReadStream(path, { start: sent, end: file.sizeBytes - 1 })) {
      await connection.write(chunk);
      sent += chunk.length;
    }
  }
  if (sent < file.sizeBytes) throw changed(file);
  try {
    await connection.answer();
  } catch (error) {
    throw error instanceof FileDeskError && error.code === "corrupt" ? changed(file) : error;
  }
}

function changed(file: FileRef): FileDeskError {
  return new FileDeskError(
    "changed",
    `the file ${JSON.stringify(file.name)} changed while the run used it; start the run again`,
  );
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;)
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}
