import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { AgentId, Sha256 } from "#core/model/id.ts";
import type { FileTroubleCode } from "#core/ports/files.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { FILE_STALL_MS } from "#core/protocol/file-messages.ts";
import type { AgentTls } from "./agent-tls.ts";
import { connectFiles } from "./file-connection.ts";
import { FileDeskError, toText } from "./file-desk-error.ts";
import { FileWriter } from "./file-writer.ts";

/** How often all holders are tried, in turn, while bytes still come. */
const MAX_ROUNDS = 3;
/** Trouble that no other holder can help with. */
const NOT_OF_HOLDER: ReadonlySet<FileTroubleCode> = new Set(["cancelled", "no-space", "no-permission", "local"]);
/** Trouble after which the same holder is not asked again: it would say the same. */
const FINAL: ReadonlySet<FileTroubleCode> = new Set(["missing", "corrupt", "protocol"]);
/** Of several holders' trouble, what is told as the whole's: first what may be otherwise later. */
const TELLING: readonly FileTroubleCode[] = ["unreachable", "failed", "corrupt", "protocol"];

/** What a holder must send in `FILE_STALL_MS` while others may have the file, too. */
const MIN_PACE_BYTES = 64 * 1024;

export interface FetchedContent {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** Fetches one file by its content into `file`, from whoever of several holders has it. */
export class FileFetch {
  readonly #tls: AgentTls;
  readonly #writer: FileWriter;
  readonly #content: FetchedContent;
  readonly #signal: CancelSignal;
  /** By holder: what went wrong with it last. */
  readonly #troubles = new Map<AgentId, FileDeskError>();
  #received = 0;
  #hash: Hash = createHash("sha256");
  /** Who sent what there is. */
  readonly #senders = new Set<AgentId>();
  #isMixed = false;
  #hasOthers = false;
  readonly #paceMs: number;

  /** `paceMs`: how often the pace of a holder is looked at. */
  constructor(
    tls: AgentTls,
    file: FileHandle,
    content: FetchedContent,
    signal: CancelSignal,
    paceMs: number = FILE_STALL_MS,
  ) {
    this.#paceMs = paceMs;
    this.#tls = tls;
    this.#writer = new FileWriter(file);
    this.#content = content;
    this.#signal = signal;
  }

  /** Resolves when the file is whole and verified. Rejects with trouble of this machine, or when no holder could give it. */
  async from(holders: readonly LinkTarget[]): Promise<void> {
    this.#hasOthers = holders.length > 1;
    if (await this.#rounds(holders)) return;
    // Of what came from several nobody knows whose bytes were wrong: each is asked for the whole of it.
    if (this.#isMixed) {
      for (const holder of holders) {
        this.#startOver();
        if (await this.#rounds([holder])) return;
      }
    }
    throw this.#toError(holders);
  }

  /** Asks each in turn, going on where the one before ended. A round without a byte ends it: another would go the same way. */
  async #rounds(holders: readonly LinkTarget[]): Promise<boolean> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const before = this.#received;
      for (const holder of holders) {
        const known = this.#troubles.get(holder.id);
        if (known !== undefined && FINAL.has(known.code)) continue;
        if (await this.#isWholeAfter(holder)) return true;
      }
      if (this.#received === before) return false;
    }
    return false;
  }

  async #isWholeAfter(holder: LinkTarget): Promise<boolean> {
    try {
      await this.#fetchFrom(holder);
      await this.#writer.flush();
      this.#verify(holder);
      return true;
    } catch (error) {
      const trouble =
        error instanceof FileDeskError ? error : new FileDeskError("failed", toText(error), { cause: error });
      if (NOT_OF_HOLDER.has(trouble.code)) throw trouble;
      this.#troubles.set(holder.id, trouble);
      return false;
    }
  }

  async #fetchFrom(holder: LinkTarget): Promise<void> {
    const { sha256, sizeBytes } = this.#content;
    const connection = await connectFiles(this.#tls, holder, this.#signal);
    try {
      const reply = await connection.ask({ kind: "get", sha256, offset: this.#received });
      if (reply.kind !== "sending")
        throw new FileDeskError("protocol", `agent ${holder.id}: expected sending, found ${reply.kind}`);
      if (reply.sizeBytes !== sizeBytes) {
        const message = `agent ${holder.id} has a file of ${reply.sizeBytes} bytes, expected are ${sizeBytes}`;
        throw new FileDeskError("corrupt", message);
      }
      let since = { ms: performance.now(), received: this.#received };
      for await (const chunk of connection.bytes(sizeBytes - this.#received)) {
        this.#senders.add(holder.id);
        this.#hash.update(chunk);
        this.#received += chunk.length;
        await this.#writer.add(chunk);
        if (performance.now() - since.ms < this.#paceMs) continue;
        this.#checkPace(holder, this.#received - since.received);
        since = { ms: performance.now(), received: this.#received };
      }
    } finally {
      connection.close();
    }
  }

  /** A few bytes now and then keep a connection alive, and the file from coming for ever. */
  #checkPace(holder: LinkTarget, bytes: number): void {
    const isWhole = this.#received === this.#content.sizeBytes;
    if (isWhole || !this.#hasOthers || bytes >= MIN_PACE_BYTES) return;
    throw new FileDeskError("failed", `agent ${holder.id} is too slow: ${bytes} bytes in ${this.#paceMs} ms`);
  }

  #verify(holder: LinkTarget): void {
    const found = this.#hash.digest("hex");
    if (found === this.#content.sha256) return;
    const senders = [...this.#senders];
    this.#startOver();
    const wrong = `bytes with SHA-256 ${found} instead of ${this.#content.sha256}`;
    if (senders.length < 2) throw new FileDeskError("corrupt", `agent ${holder.id} sent ${wrong}`);
    this.#isMixed = true;
    throw new FileDeskError("failed", `agents ${senders.join(" and ")} together sent ${wrong}`);
  }

  /** Nothing of what there is can be trusted. */
  #startOver(): void {
    this.#received = 0;
    this.#writer.startOver();
    this.#hash = createHash("sha256");
    this.#senders.clear();
  }

  #toError(holders: readonly LinkTarget[]): FileDeskError {
    const troubles = [...this.#troubles.values()];
    const code = TELLING.find((one) => troubles.some((trouble) => trouble.code === one)) ?? "missing";
    const told = holders.map(({ id }) => {
      const message = this.#troubles.get(id)?.message ?? "was not asked";
      return message.includes(id) ? message : `agent ${id}: ${message}`;
    });
    const list = told.length === 0 ? "no agent is known to have it" : [...new Set(told)].join("; ");
    return new FileDeskError(code, `the file ${this.#content.sha256} could not be fetched: ${list}`);
  }
}
