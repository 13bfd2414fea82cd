import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { Sha256 } from "#core/model/id.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { ByteReader } from "#core/protocol/byte-reader.ts";
import {
  FILE_STALL_MS,
  type FileReply,
  fileReplySchema,
  type FileRequest,
  FILES_PROTOCOL,
  MAX_FILE_LINE_BYTES,
} from "#core/protocol/file-messages.ts";
import type { AgentTls } from "./agent-tls.ts";
import { FileDeskError } from "./file-desk-error.ts";

const CONNECT_WITHIN_MS = 5_000;

/** One connection to an agent's files. */
export class FileConnection {
  readonly #socket: TLSSocket;
  readonly #reader: ByteReader;
  readonly #signal: CancelSignal;
  readonly #cancel = (): void =>
    void this.#socket.destroy(new FileDeskError("cancelled", "the transfer was cancelled"));

  constructor(socket: TLSSocket, signal: CancelSignal) {
    this.#socket = socket;
    this.#reader = new ByteReader(socket);
    this.#signal = signal;
    socket.setTimeout(FILE_STALL_MS, () => socket.destroy(new Error(`no byte in ${FILE_STALL_MS} ms`)));
    signal.addEventListener("abort", this.#cancel);
  }

  /** Sends a request and reads its answer; `refused` is thrown. */
  async ask(request: FileRequest): Promise<FileReply> {
    this.#socket.write(`${JSON.stringify(request)}\n`);
    return this.answer();
  }

  async answer(): Promise<FileReply> {
    const line = await this.#reader.line(MAX_FILE_LINE_BYTES);
    if (line === null) throw new FileDeskError("failed", "the agent closed the connection");
    const reply = parseReply(line);
    if (reply.kind === "refused") throw new FileDeskError(reply.code, reply.message);
    return reply;
  }

  bytes(count: number): AsyncIterable<Uint8Array> {
    return this.#reader.bytes(count);
  }

  /** At the pace of the agent. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed) throw new FileDeskError("failed", "the connection was closed");
    if (this.#socket.write(bytes)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once("drain", resolve);
    this.#socket.once("close", resolve);
    await promise;
    this.#socket.off("drain", resolve);
    this.#socket.off("close", resolve);
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#cancel);
    this.#socket.destroy();
  }
}

/** Connects to an agent's front door for files, at the first of its addresses that proves to be the agent. */
export async function connectFiles(tls: AgentTls, target: LinkTarget, signal: CancelSignal): Promise<FileConnection> {
  const options = await tls({ id: target.id, fingerprint: target.fingerprint as Sha256 });
  const failures: string[] = [];
  for (const host of target.addresses) {
    if (signal.aborted) throw new FileDeskError("cancelled", "the transfer was cancelled");
    try {
      const socket = await open({ ...options, host, port: target.port, ALPNProtocols: [FILES_PROTOCOL] });
      return new FileConnection(socket, signal);
    } catch (error) {
      failures.push(`${host}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new FileDeskError("unreachable", `agent ${target.id} cannot be reached for files (${failures.join("; ")})`);
}

function open(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer in ${CONNECT_WITHIN_MS} ms`)),
      CONNECT_WITHIN_MS,
    );
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // Later errors come to whoever reads; here they have nobody to be told.
    socket.on("error", (error: Error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function parseReply(line: Uint8Array): FileReply {
  try {
    const parsed = fileReplySchema.safeParse(JSON.parse(new TextDecoder().decode(line)));
    if (parsed.success) return parsed.data;
  } catch {
    // Told below.
  }
  throw new FileDeskError("protocol", "the agent answered something that is not of the protocol");
}
