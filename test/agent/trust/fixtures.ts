import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { createContexts, type TrustContexts } from "#agent/trust/contexts.ts";
import { createPairingGate, type PairingGate } from "#agent/trust/gate.ts";
import type { CodeSource } from "#agent/trust/gate-codes.ts";
import { type Identity, openIdentity } from "#agent/trust/identity.ts";
import { openPairings, type Pairings } from "#agent/trust/pairings.ts";
import type { DisposableStack } from "#core/base/dispose.ts";
import type { JsonObject } from "#core/base/json.ts";
import type { EpochMs, Millis } from "#core/model/id.ts";
import { formatPairingCode, type PairingCode } from "#core/pairing/code.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";

/** Time that stands still until it is moved. Timers fire in order of their time. */
export class HandClock implements Clock {
  #now: number;
  #sleptMs = 0;
  #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor(now = Date.now()) {
    this.#now = now;
  }

  now(): EpochMs {
    return this.#now as EpochMs;
  }

  monotonicMs(): Millis {
    return (this.#now - this.#sleptMs) as Millis;
  }

  /** The machine sleeps: the date goes on, the monotonic clock and all timers stand still. */
  sleep(ms: number): void {
    this.#now += ms;
    this.#sleptMs += ms;
    this.#timers = new Set([...this.#timers].map(({ at, run }) => ({ at: at + ms, run })));
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((left, right) => left.at - right.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }
}

export const random: Random = { chance: () => Math.random(), bytes: (length) => randomBytes(length) };

/** A log that remembers; `text` is all of it, for searching. */
export class MemoryLog implements Log {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: JsonObject | undefined }[] = [];

  get text(): string {
    return this.lines.map((line) => JSON.stringify(line)).join("\n");
  }

  debug(message: string, fields?: JsonObject): void {
    this.lines.push({ level: "debug", message, fields });
  }

  info(message: string, fields?: JsonObject): void {
    this.lines.push({ level: "info", message, fields });
  }

  warn(message: string, fields?: JsonObject): void {
    this.lines.push({ level: "warn", message, fields });
  }

  error(message: string, fields?: JsonObject): void {
    this.lines.push({ level: "error", message, fields });
  }
}

/** A folder of its own, removed with `cleanup`. */
export async function makeFolder(cleanup: DisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lanweave-trust-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An agent's trust with a real TLS front door on loopback. */
export interface TestAgent {
  readonly identity: Identity;
  readonly pairings: Pairings;
  readonly gate: PairingGate;
  readonly contexts: TrustContexts;
  readonly clock: HandClock;
  readonly log: MemoryLog;
  readonly port: number;
  /** Codes shown so far, as a person reads them. */
  readonly shown: string[];
}

/** Starts an agent whose door serves pairing to everybody. */
export async function startAgent(cleanup: DisposableStack, given?: PairingCode): Promise<TestAgent> {
  const [clock, log, shown] = [new HandClock(), new MemoryLog(), new Array<string>()];
  const folder = await makeFolder(cleanup);
  const identity = await openIdentity(folder, { clock, random });
  const pairings = await openPairings(folder);
  const codes: CodeSource =
    given === undefined
      ? { kind: "shown", show: (code) => void shown.push(formatPairingCode(code)) }
      : { kind: "given", code: given };
  const contexts = cleanup.add(createContexts({ identity, pairings, log }));
  const gate = createPairingGate({
    identity,
    pairings,
    clock,
    random,
    log,
    name: "studio",
    linkPort: () => 7421,
    codes,
  });
  const server = createServer(contexts.doorOptions(), (socket) => {
    socket.on("error", () => socket.destroy());
    void gate.serve(socket, { address: socket.remoteAddress ?? "" });
  });
  const port = await listen(server, cleanup);
  cleanup.add(gate);
  return { identity, pairings, gate, contexts, clock, log, port, shown };
}

/** Listens on a free loopback port; on cleanup every connection is cut and the server closed. */
export async function listen(server: Server, cleanup: DisposableStack): Promise<number> {
  const open = new Set<{ destroy(): unknown }>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.defer(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  });
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Everything a TLS socket receives until it closes, and the error it closed with. */
export async function readAll(socket: TLSSocket): Promise<{ text: string; error: string }> {
  let [text, error] = ["", ""];
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", (cause: Error & { code?: string }) => (error = cause.code ?? cause.message));
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { text, error };
}

/** A plain connection to a port on loopback. */
export function dial(port: number): ReturnType<typeof connect> {
  return connect({ host: "127.0.0.1", port });
}
