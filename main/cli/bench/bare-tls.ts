import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { AgentId, AppId } from "#core/model/id.ts";
import { productFolder } from "../../host/product.ts";
import { issueCertificate, makeAuthorityCertificate, SERIAL_BYTES } from "../../trust/certificates.ts";

const CHUNK_BYTES = 256 * 1024;
const LOOPBACK = "127.0.0.1";
/** The argument of `bench` that makes a process the far end of the stream. */
export const SINK = "tls-sink";

/** What a TLS 1.3 stream alone carries from this process to another one, which throws it away: the most that could be had. */
export async function bareTlsMbPerSecond(sizeBytes: number): Promise<number> {
  const { key, cert, ca } = await makeIdentity();
  const program = [join(productFolder(), "bin", "lanweave.js"), "bench", SINK];
  const child = spawn(process.execPath, program, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const lines = linesOf(child);
    child.stdin.write(`${JSON.stringify({ key, cert })}\n`);
    const port = Number(await lines());
    const socket = connect({ host: LOOPBACK, port, ca, checkServerIdentity: () => undefined });
    await once(socket, "secureConnect");
    const begin = performance.now();
    await send(socket, sizeBytes);
    await lines();
    return sizeBytes / 1e6 / ((performance.now() - begin) / 1_000);
  } finally {
    child.stdin.end();
    await once(child, "close");
  }
}

async function makeIdentity(): Promise<{ readonly key: string; readonly cert: string; readonly ca: string }> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = { app: "0".repeat(16) as AppId, privateKey };
  const moment = { nowMs: Date.now(), chance: randomBytes(SERIAL_BYTES) };
  const ca = await makeAuthorityCertificate(issuer, moment);
  const holder = { kind: "agent", agent: "1".repeat(16) as AgentId } as const;
  const cert = await issueCertificate(issuer, holder, privateKey, moment);
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert, ca };
}

async function send(socket: TLSSocket, sizeBytes: number): Promise<void> {
  const chunk = randomBytes(CHUNK_BYTES);
  for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES) {
    if (!socket.write(left < CHUNK_BYTES ? chunk.subarray(0, left) : chunk)) await once(socket, "drain");
  }
  socket.end();
}

function linesOf(child: ChildProcess): () => Promise<string> {
  if (child.stdout === null) throw new Error("expected the far end to have an output");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error("the far end of the TLS stream ended early");
    return value;
  };
}

/** The far end: says its port, takes one stream, says that it has all of it, and ends with its stdin. */
export async function serveSink(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  const { key, cert } = JSON.parse(String(value)) as { key: string; cert: string };
  const server = createServer({ key, cert, minVersion: "TLSv1.3" }, (socket) => {
    socket.on("data", () => undefined);
    socket.on("end", () => process.stdout.write("taken\n"));
    socket.on("error", () => undefined);
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  process.stdout.write(`${String((server.address() as AddressInfo).port)}\n`);
  await lines.next();
  server.close();
}
