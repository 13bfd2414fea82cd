import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { AgentId, EpochMs, Sha256 } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import type { Log } from "#core/ports/log.ts";
import { systemClock } from "#system/clock.ts";
import { systemRandom } from "#system/random.ts";
import { type Authority, openAuthority } from "#main/trust/authority.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { createPairer } from "#main/trust/pairer.ts";
import { FileClient } from "#main/transport/file-client.ts";
import { LinkClient } from "#main/transport/link-client.ts";
import { Lines } from "./lines.ts";

const ENTRY = resolve(import.meta.dirname, "../../agent/main.ts");
const READY_MS = 20_000;

export const clock: Clock = systemClock;
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A real agent process on loopback, with a data folder of its own. */
export interface AgentProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly data: string;
  readonly log: Lines;
  readonly target: LinkTarget;
  /** Works once, until used. */
  readonly code: string;
  /** Waits for its end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** A folder that `remove` takes away again. */
export async function makeFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "lw-agent-"));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

/** Starts `agent/main.ts` as local agents are started, and waits until it is ready to be paired. */
export async function startAgentProcess(data: string, ...flags: readonly string[]): Promise<AgentProcess> {
  const words = [
    "--data",
    data,
    "--name",
    "test agent",
    "--host",
    "127.0.0.1",
    "--json",
    "--pair-from-stdin",
    "--no-advertise",
  ];
  const child = spawn(process.execPath, [ENTRY, ...words, ...flags], { stdio: ["pipe", "pipe", "pipe"] });
  const code = randomBytes(16).toString("hex");
  child.stdin.on("error", () => undefined).write(`${JSON.stringify({ code })}\n`);
  const stdout = new Lines(child.stdout);
  const log = new Lines(child.stderr);
  const ready = await stdout.until("ready line", READY_MS, parseReady);
  return {
    child,
    pid: child.pid ?? 0,
    data,
    log,
    code,
    target: { ...ready, addresses: ["127.0.0.1"] },
    end: (signal) => endChild(child, signal),
  };
}

function parseReady(line: string): Omit<LinkTarget, "addresses"> | undefined {
  const value = JSON.parse(line) as { kind: string; id: string; fingerprint: string; port: number; linkPort: number };
  if (value.kind !== "agent-ready") return undefined;
  const { id, fingerprint, port, linkPort } = value;
  return { id: id as AgentId, fingerprint, port, linkPort };
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

/** An app without a coordinator: an authority, and what speaks with agents in its name. */
export interface TestApp {
  readonly authority: Authority;
  readonly links: LinkClient;
  readonly files: FileClient;
  pair(agent: Pick<AgentProcess, "target" | "code">, appName?: string): Promise<void>;
}

/** `clockBehindMs`: the authority signs as if that long ago. */
export async function makeApp(data: string, clockBehindMs = 0): Promise<TestApp> {
  const behind: Clock = { ...clock, now: () => (clock.now() - clockBehindMs) as EpochMs };
  const authority = await openAuthority(data, { clock: behind, random: systemRandom });
  const tls = (agent: { readonly id: AgentId; readonly fingerprint: Sha256 }): ReturnType<typeof agentTlsOptions> =>
    agentTlsOptions(authority, agent);
  const pairer = createPairer({ authority, clock, random: systemRandom, log: silentLog });
  return {
    authority,
    links: new LinkClient({ tls, clock, log: silentLog }),
    files: new FileClient({ tls }),
    async pair({ target, code }, appName = "Test app") {
      const { id, fingerprint, port } = target;
      const expected = { id, fingerprint: fingerprint as Sha256 };
      const request = { host: "127.0.0.1", port, code, appName, expected, signal: null };
      const paired = await pairer.pair(request);
      if (!paired.ok) throw new Error(paired.error.message);
    },
  };
}
