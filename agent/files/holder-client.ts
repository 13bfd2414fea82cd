import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { FileHolder } from "#core/model/attempt.ts";
import { ByteReader } from "#core/protocol/byte-reader.ts";
import {
  FILE_STALL_MS,
  type FileReply,
  fileReplySchema,
  FILES_PROTOCOL,
  MAX_FILE_LINE_BYTES,
} from "#core/protocol/file-messages.ts";
import { StoreError } from "./store-error.ts";
import type { Incoming } from "./incoming.ts";

const CONNECT_WITHIN_MS = 5_000;
/** What a holder must send in `FILE_STALL_MS` while others may have the file, too. */
const MIN_PACE_BYTES = 64 * 1024;

/** How a holder is held to its work. */
export interface Pace {
  /** A slow one is better than none. */
  readonly hasOthers: boolean;
  /** How often its pace is looked at. */
  readonly everyMs: number;
}

/** TLS for connecting to another agent of the same app; its key must be the one the app named. */
export type HolderTls = (holder: FileHolder) => ConnectionOptions;

/** Fetches content from one holder, on from where `incoming` is. Throws a `StoreError` when it does not get it whole. */
export async function pullFrom(
  holder: FileHolder,
  tls: HolderTls,
  file: { readonly sha256: string; readonly sizeBytes: number },
  incoming: Incoming,
  signal: CancelSignal,
  pace: Pace = { hasOthers: false, everyMs: FILE_STALL_MS },
): Promise<void> {
  const socket = await connectToHolder(holder, tls(holder), signal);
  const cancel = (): void => void socket.destroy(cancelled());
  signal.addEventListener("abort", cancel);
  try {
    // It may have come between the connection and the line above.
    if (signal.aborted) throw cancelled();
    const reader = new ByteReader(socket);
    const offset = incoming.received;
    socket.write(`${JSON.stringify({ kind: "get", sha256: file.sha256, offset })}\n`);
    const reply = await readReply(reader);
    // Whatever else it is short of is its own trouble, not this agent's.
    if (reply.kind === "refused") throw new StoreError(reply.code === "missing" ? "missing" : "refused", reply.message);
    if (reply.kind !== "sending") throw new StoreError("malformed", `expected sending, found ${reply.kind}`);
    if (reply.sizeBytes !== file.sizeBytes) {
      throw new StoreError("corrupt", `expected a file of ${file.sizeBytes} bytes, found one of ${reply.sizeBytes}`);
    }
    let since = { ms: performance.now(), received: offset };
    for await (const chunk of reader.bytes(file.sizeBytes - offset)) {
      await incoming.write(chunk);
      if (!pace.hasOthers || performance.now() - since.ms < pace.everyMs) continue;
      checkPace(incoming.received - since.received, file.sizeBytes - incoming.received, pace.everyMs);
      since = { ms: performance.now(), received: incoming.received };
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    socket.destroy();
  }
}

/** A few bytes now and then keep a connection alive, and the file from coming for ever. */
function checkPace(bytes: number, leftBytes: number, everyMs: number): void {
  if (leftBytes === 0 || bytes >= MIN_PACE_BYTES) return;
  throw new StoreError("refused", `it is too slow: ${bytes} bytes in ${everyMs} ms`);
}

async function connectToHolder(holder: FileHolder, tls: ConnectionOptions, signal: CancelSignal): Promise<TLSSocket> {
  const failures: string[] = [];
  for (const host of holder.addresses) {
    if (signal.aborted) break;
    try {
      return await open({ ...tls, host, port: holder.port, ALPNProtocols: [FILES_PROTOCOL] }, signal);
    } catch (error) {
      failures.push(`${host}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new StoreError("unreachable", `it could not be reached (${failures.join("; ")})`);
}

function open(options: ConnectionOptions, signal: CancelSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const cancel = (): void => void socket.destroy(cancelled());
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection in ${CONNECT_WITHIN_MS} ms`)),
      CONNECT_WITHIN_MS,
    );
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    };
    signal.addEventListener("abort", cancel);
    socket.once("secureConnect", () => {
      settle();
      socket.setTimeout(FILE_STALL_MS, () => socket.destroy(new Error(`no byte in ${FILE_STALL_MS} ms`)));
      resolve(socket);
    });
    socket.on("error", (error: Error) => {
      settle();
      reject(error);
    });
  });
}

function cancelled(): StoreError {
  return new StoreError("cancelled", "the transfer was cancelled");
}

async function readReply(reader: ByteReader): Promise<FileReply> {
  const line = await reader.line(MAX_FILE_LINE_BYTES);
  if (line === null) throw new StoreError("failed", "the holder closed the connection");
  const parsed = fileReplySchema.safeParse(JSON.parse(new TextDecoder().decode(line)));
  if (parsed.success) return parsed.data;
  throw new StoreError("malformed", "the holder answered something that is not of the protocol");
}
