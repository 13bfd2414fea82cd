import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createServer, type TLSSocket } from "node:tls";
import type { AgentId, AppId, Sha256 } from "#core/model/id.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { type FileRequest, FILES_PROTOCOL } from "#core/protocol/file-messages.ts";
import { FileClient } from "#main/transport/file-client.ts";
import { FileDeskError } from "#main/transport/file-desk-error.ts";
import { makeAuthorityCertificate } from "#main/trust/certificates.ts";

export const CONTENT = randomBytes(300_000);
export const SHA256 = createHash("sha256").update(CONTENT).digest("hex") as Sha256;
export const never = new AbortController().signal;
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const certificate = await makeAuthorityCertificate(
  { app: "0123456789abcdef" as AppId, privateKey },
  { nowMs: Date.now(), chance: randomBytes(16) },
);
const key = privateKey.export({ type: "pkcs8", format: "pem" });

export type Behaviour = (request: FileRequest, socket: TLSSocket) => void;

/** An agent's front door that does as it is told, and the requests it got. */
export interface FakeAgent {
  readonly target: LinkTarget;
  readonly requests: FileRequest[];
}

export async function fakeAgent(context: TestContext, id: string, behave: Behaviour): Promise<FakeAgent> {
  const requests: FileRequest[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer({ key, cert: certificate, ALPNProtocols: [FILES_PROTOCOL] }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.once("data", (line: Buffer) => {
      const request = JSON.parse(line.toString()) as FileRequest;
      requests.push(request);
      behave(request, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const target = { id: id as AgentId, fingerprint: "0".repeat(64), addresses: ["127.0.0.1"], port, linkPort: 1 };
  return { target, requests };
}

export function say(socket: TLSSocket, reply: object): void {
  socket.write(`${JSON.stringify(reply)}\n`);
}

/** Sends the bytes from the asked offset on, at most up to `end`, then closes. */
export function giving(content: Buffer, end = content.length): Behaviour {
  return (request, socket) => {
    say(socket, { kind: "sending", sizeBytes: CONTENT.length });
    socket.end(content.subarray(request.kind === "get" ? request.offset : 0, end));
  };
}

export const refusing =
  (code: string): Behaviour =>
  (_request, socket) => {
    say(socket, { kind: "refused", code, message: `it is ${code}` });
    socket.end();
  };

export function damaged(at: number): Buffer {
  const copy = Buffer.from(CONTENT);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

export function makeClient(): FileClient {
  return new FileClient({ tls: () => Promise.resolve({ rejectUnauthorized: false }) });
}

export async function makeFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lw-files-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function fetchFrom(folder: string, agents: readonly FakeAgent[]): Promise<Buffer> {
  const to = join(folder, "home", "file.bin");
  const holders = agents.map(({ target }) => target);
  await makeClient().fetch(holders, SHA256, CONTENT.length, to, never);
  return readFile(to);
}

export async function troubleOf(work: Promise<unknown>): Promise<FileDeskError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof FileDeskError, `no error of the desk: ${String(error)}`);
    return error;
  }
  throw new Error("it did not fail");
}
