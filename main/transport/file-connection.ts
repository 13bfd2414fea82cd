import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { AgentId, Sha256 } from "#core/model/id.ts";
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
import type { FileTroubleCode } from "#core/ports/files.ts";
import { FileDeskError, toText } from "./file-desk-error.ts";

const CONNECT_WITHIN_MS = 5_000;

/** Characters of an agent's own words that are passed on. */
const MAX_WORDS = 500;
/** What an agent may say it refuses for; anything else it says is `failed`. */
const REFUSALS: Readonly<Record<string, FileTroubleCode>> = {
  missing: "missing",
  corrupt: "corrupt",
  "disk-full": "disk-full",
  "too-large": "too-large",
  busy: "busy",
  offset: "protocol",
  malformed: "protocol",
};

/** One connection to an agent's files. Everything it throws is a `FileDeskError` that names the agent. */
export class FileConnection {
  readonly #socket: TLSSocket;
  readonly #reader: ByteReader;
  readonly #signal: CancelSignal;
  readonly #name: string;
  readonly #cancel = (): void => void this.#socket.destroy(cancelled());

  constructor(socket: TLSSocket, agent: AgentId, signal: CancelSignal) {
    this.#socket = socket;
    this.#reader = new ByteReader(socket);
    this.#signal = signal;
    this.#name = `agent ${agent}`;
    socket.setTimeout(FILE_STALL_MS, () => socket.destroy(new Error(`no byte in ${FILE_STALL_MS} ms`)));
    signal.addEventListener("abort", this.#cancel);
  }

  /** Sends a request and reads its answer; `refused` is thrown. */
  async ask(request: FileRequest): Promise<FileReply> {
    this.#socket.write(`${JSON.stringify(request)}\n`);
    return this.answer();
  }

  async answer(): Promise<FileReply> {
    const line = await this.#readLine();
    if (line === null) throw new FileDeskError("failed", `${this.#name} closed the connection`);
    const reply = parseReply(line);
    if (reply === null)
      throw new FileDeskError("protocol", `${this.#name} answered something that is not of the protocol`);
    if (reply.kind !== "refused") return reply;
    const code = Object.hasOwn(REFUSALS, reply.code) ? REFUSALS[reply.code] : undefined;
    throw new FileDeskError(code ?? "failed", `${this.#name}: ${reply.message.slice(0, MAX_WORDS)}`);
  }

  /** Exactly `count` bytes, chunk by chunk. */
  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#reader.bytes(count);
    } catch (error) {
      throw this.#toError(error);
    }
  }

  /** At the pace of the agent: resolves when the bytes have left, and may be changed. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed) throw this.#toError(new Error("the connection was closed"));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once("close", resolve);
    // What went wrong closes the socket, which is found by the next write.
    this.#socket.write(bytes, () => resolve());
    await promise;
    this.#socket.off("close", resolve);
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#cancel);
    this.#socket.destroy();
  }

  async #readLine(): Promise<Uint8Array | null> {
    try {
      return await this.#reader.line(MAX_FILE_LINE_BYTES);
    } catch (error) {
      throw this.#toError(error);
    }
  }

  #toError(error: unknown): FileDeskError {
    if (error instanceof FileDeskError) return error;
    if (this.#signal.aborted) return cancelled();
    return new FileDeskError("failed", `${this.#name}: ${toText(error)}`, { cause: error });
  }
}

/** Connects to an agent's front door for files, at the first of its addresses that proves to be the agent. */
export async function connectFiles(tls: AgentTls, target: LinkTarget, signal: CancelSignal): Promise<FileConnection> {
  const options = await optionsFor(tls, target);
  const failures: string[] = [];
  for (const host of target.addresses) {
    if (signal.aborted) throw cancelled();
    try {
      const socket = await open({ ...options, host, port: target.port, ALPNProtocols: [FILES_PROTOCOL] }, signal);
      return new FileConnection(socket, target.id, signal);
    } catch (error) {
      failures.push(`${host}: ${toText(error)}`);
    }
  }
  if (signal.aborted) throw cancelled();
  const tried = failures.length === 0 ? "no address of it is known" : failures.join("; ");
  throw new FileDeskError("unreachable", `agent ${target.id} cannot be reached for files (${tried})`);
}

async function optionsFor(tls: AgentTls, { id, fingerprint }: LinkTarget): Promise<ConnectionOptions> {
  try {
    return await tls({ id, fingerprint: fingerprint as Sha256 });
  } catch (error) {
    const message = `the app's own certificate for agent ${id} cannot be had: ${toText(error)}`;
    throw new FileDeskError("local", message, { cause: error });
  }
}

function open(options: ConnectionOptions, signal: CancelSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const cancel = (): void => void socket.destroy(cancelled());
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer in ${CONNECT_WITHIN_MS} ms`)),
      CONNECT_WITHIN_MS,
    );
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    };
    signal.addEventListener("abort", cancel);
    socket.once("secureConnect", () => {
      settle();
      resolve(socket);
    });
    // Later errors come to whoever reads; here they have nobody to be told.
    socket.on("error", (error: Error) => {
      settle();
      reject(error);
    });
  });
}

function cancelled(): FileDeskError {
  return new FileDeskError("cancelled", "the transfer was cancelled");
}

function parseReply(line: Uint8Array): FileReply | null {
  try {
    const parsed = fileReplySchema.safeParse(JSON.parse(new TextDecoder().decode(line)));
    return parsed.success ? parsed.data : null;
  } catch {
    // Not JSON: the caller says so.
    return null;
  }
}
