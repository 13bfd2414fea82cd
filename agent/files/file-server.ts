import type { TLSSocket } from "node:tls";
import { assertNever } from "#core/base/assert.ts";
import type { AppId, Sha256 } from "#core/model/id.ts";
import type { Log } from "#core/ports/log.ts";
import { ByteReader } from "#core/protocol/byte-reader.ts";
import {
  FILE_STALL_MS,
  type FileReply,
  type FileRequest,
  fileRequestSchema,
  MAX_FILE_LINE_BYTES,
} from "#core/protocol/file-messages.ts";
import { StoreError } from "./store-error.ts";
import type { ContentStore } from "./store.ts";

/** Between two requests a connection may rest so long. */
const STALL_MS = FILE_STALL_MS;
/** For a transfer of the same file that is under way; less than either end waits for a word. */
const WAIT_FOR_OTHER_MS = 20_000;

interface FileServerInput {
  readonly store: ContentStore;
  readonly log: Log;
}

/** Answers the file requests of one connection, whose peer has proved to belong to `app`. Resolves when it is closed. */
export async function serveFiles(input: FileServerInput, socket: TLSSocket, app: AppId): Promise<void> {
  const address = socket.remoteAddress ?? "unknown";
  socket.setTimeout(STALL_MS, () => socket.destroy(new Error(`no byte in ${STALL_MS} ms`)));
  socket.on("error", (error) => input.log.debug("file transfer broke off", { address, app, error: error.message }));
  const session = new FileSession(input.store, socket, app);
  try {
    while (await session.answerOne());
    socket.end();
  } catch (error) {
    input.log.warn("file transfer ended", {
      address,
      app,
      error: error instanceof Error ? error.message : String(error),
    });
    await session.refuse(error);
    socket.end();
    setTimeout(() => socket.destroy(), 1_000).unref();
  }
}

class FileSession {
  readonly #store: ContentStore;
  readonly #socket: TLSSocket;
  readonly #app: AppId;
  readonly #reader: ByteReader;
  /** Bytes that were announced and are still to come: a word now would be taken for some of them. */
  #owedBytes = 0;

  constructor(store: ContentStore, socket: TLSSocket, app: AppId) {
    this.#store = store;
    this.#socket = socket;
    this.#app = app;
    this.#reader = new ByteReader(socket);
  }

  /** False when the peer has no further request. */
  async answerOne(): Promise<boolean> {
    const line = await this.#reader.line(MAX_FILE_LINE_BYTES);
    if (line === null) return false;
    const request = parseRequest(line);
    switch (request.kind) {
      case "have":
        await this.#have(request.files as Sha256[]);
        return true;
      case "get":
        await this.#get(request.sha256 as Sha256, request.offset);
        return true;
      case "put":
        await this.#put(request.sha256 as Sha256, request.sizeBytes);
        return true;
      default:
        return assertNever(request);
    }
  }

  async refuse(error: unknown): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writable || this.#owedBytes > 0) return;
    const code = error instanceof StoreError ? error.code : "failed";
    const message = error instanceof StoreError ? error.message : "the transfer failed on the agent; its log says why";
    await this.#reply({ kind: "refused", code, message });
  }

  async #have(files: readonly Sha256[]): Promise<void> {
    const held = await Promise.all(files.map((sha256) => this.#store.has(this.#app, sha256)));
    await this.#reply({ kind: "held", held });
  }

  async #get(sha256: Sha256, offset: number): Promise<void> {
    const isSound = await this.#store.isSound(this.#app, sha256);
    const sizeBytes = isSound ? await this.#store.size(this.#app, sha256) : undefined;
    if (sizeBytes === undefined) {
      // Whoever sent the peer here believes otherwise.
      this.#store.onGone(this.#app, [sha256]);
      return this.#reply({ kind: "refused", code: "missing", message: `this agent has no file ${sha256}` });
    }
    if (offset > sizeBytes) throw new StoreError("offset", `expected an offset up to ${sizeBytes}, found ${offset}`);
    await this.#reply({ kind: "sending", sizeBytes });
    if (offset === sizeBytes) return;
    this.#owedBytes = sizeBytes - offset;
    for await (const chunk of this.#store.read(this.#app, sha256, offset)) {
      await this.#write(chunk);
      this.#owedBytes -= chunk.length;
    }
    if (this.#owedBytes > 0) throw new Error(`expected ${this.#owedBytes} more bytes of ${sha256} in the store`);
  }

  async #put(sha256: Sha256, sizeBytes: number): Promise<void> {
    await this.#whenFree(sha256);
    const incoming = await this.#store.receive(this.#app, sha256, sizeBytes);
    this.#store.await(this.#app, sha256);
    if (incoming === undefined) return this.#reply({ kind: "stored" });
    try {
      const offset = incoming.received;
      await this.#reply({ kind: "send", offset });
      for await (const chunk of this.#reader.bytes(sizeBytes - offset)) await incoming.write(chunk);
    } catch (error) {
      await incoming.pause();
      throw error;
    }
    await incoming.finish();
    await this.#reply({ kind: "stored" });
  }

  /** A transfer of the same file that is under way comes first: it may be one that broke off and does not know it yet. */
  async #whenFree(sha256: Sha256): Promise<void> {
    const under = this.#store.arrival(this.#app, sha256);
    if (under === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, WAIT_FOR_OTHER_MS);
    await Promise.race([under, late.promise]);
    clearTimeout(timer);
  }

  #reply(reply: FileReply): Promise<void> {
    return this.#write(Buffer.from(`${JSON.stringify(reply)}\n`));
  }

  /** At the pace of the peer. */
  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed) throw new Error("the peer closed the connection");
    if (this.#socket.write(bytes)) return;
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        this.#socket.off("drain", drained);
        this.#socket.off("close", closed);
      };
      const drained = (): void => {
        stop();
        resolve();
      };
      const closed = (): void => {
        stop();
        reject(new Error("the peer closed the connection"));
      };
      this.#socket.on("drain", drained);
      this.#socket.on("close", closed);
    });
  }
}

function parseRequest(line: Uint8Array): FileRequest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(line));
  } catch {
    throw new StoreError("malformed", "expected one JSON object a line, found something else");
  }
  const parsed = fileRequestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StoreError(
    "malformed",
    `expected have, get or put: ${parsed.error.issues[0]?.message ?? "something else was found"}`,
  );
}
