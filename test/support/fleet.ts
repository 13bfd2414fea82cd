import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { Lines } from "#test/support/lines.ts";
import type { TestHost } from "#test/support/netns.ts";

export const ROOT = path.resolve(import.meta.dirname, "../..");
const PROGRAM = path.join(ROOT, "bin/lanweave.js");
const READY_MS = 30_000;

export interface AgentReady {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly port: number;
  readonly code: string;
}

export interface StartedProcess {
  readonly child: ChildProcess;
  readonly stdout: Lines;
  readonly stderr: Lines;
}

/** A folder of the test's own, removed when it ends. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "lw-test-"));
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A `lanweave` command that goes on: in a host of a test LAN, or on this machine. */
export function startLanweave(host: TestHost | null, parameters: readonly string[]): StartedProcess {
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const child =
    host === null
      ? spawn(process.execPath, [PROGRAM, ...parameters], { stdio: [...stdio] })
      : host.spawn(process.execPath, [PROGRAM, ...parameters], { stdio: [...stdio] });
  if (child.stdout === null || child.stderr === null) throw new Error("no pipes");
  return { child, stdout: new Lines(child.stdout), stderr: new Lines(child.stderr) };
}

/** Ends a process and waits for its end. */
export async function endProcess({ child }: StartedProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

/** Runs a `lanweave` command to its end on this machine; its JSON lines and its exit code. */
export async function lanweave(
  ...parameters: readonly string[]
): Promise<{ code: number; lines: unknown[]; stderr: string }> {
  const started = startLanweave(null, [...parameters, "--json"]);
  const code = await new Promise<number>((resolve) => started.child.once("close", (exit) => resolve(exit ?? -1)));
  const lines = started.stdout.all.map((line): unknown => JSON.parse(line));
  return { code, lines, stderr: started.stderr.all.join("\n") };
}

/** Starts an agent and waits until it is ready to be paired. */
export async function startAgent(
  host: TestHost | null,
  name: string,
  data: string,
  ...more: readonly string[]
): Promise<StartedProcess & { ready: AgentReady }> {
  const started = startLanweave(host, ["agent", "--name", name, "--data", data, "--json", ...more]);
  const ready = await started.stdout.until("agent-ready line", READY_MS, (line) => {
    const parsed = JSON.parse(line) as { kind: string } & AgentReady;
    return parsed.kind === "agent-ready" ? parsed : undefined;
  });
  return { ...started, ready };
}

/** Starts a coordinator that serves its window, and waits until it does. */
export async function startCoordinator(
  host: TestHost | null,
  data: string,
): Promise<StartedProcess & { address: string }> {
  const started = startLanweave(host, ["serve", "--port", "0", "--data", data]);
  const address = await started.stdout.until("address", READY_MS, (line) => /https?:\/\/\S+/.exec(line)?.[0]);
  return { ...started, address };
}

/** CPU time of every process of a run's tasks, in clock ticks by process id: they are known by their environment. */
export function taskCpuTicks(run: string): ReadonlyMap<number, number> {
  const ticks = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      if (!readFileSync(`/proc/${entry}/environ`, "latin1").split("\0").includes(`LANWEAVE_RUN=${run}`)) continue;
      const fields = readFileSync(`/proc/${entry}/stat`, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      ticks.set(pid, Number(fields[11]) + Number(fields[12]));
    } catch (error) {
      // The process ended while it was looked at.
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }
  return ticks;
}
