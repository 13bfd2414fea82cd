import { readdirSync, readFileSync } from "node:fs";
import { TOKEN_VARIABLE } from "./messages.ts";

/** One process as Linux tells of it. */
export interface ProcessLine {
  readonly pid: number;
  /** `R`, `S`, `D`, `T` (stopped), `t` (traced), `Z` (ended, not collected), `X`. */
  readonly state: string;
  readonly session: number;
}

/** Whether this system has a process table to read. */
export const HAS_PROCESS_TABLE = process.platform === "linux";

/** Every process now; empty where there is no table. */
export function readProcesses(): ProcessLine[] {
  if (!HAS_PROCESS_TABLE) return [];
  const lines: ProcessLine[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    const line = readProcess(Number(name));
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

/** The token in the environment a process was started with; `undefined` when it has none or may not be read. */
export function readToken(pid: number): string | undefined {
  const environment = readProcFile(`/proc/${pid}/environ`);
  const prefix = `${TOKEN_VARIABLE}=`;
  return environment
    ?.split("\0")
    .find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}

/** Whether a process can still do anything. */
export function isAlive(line: ProcessLine): boolean {
  return line.state !== "Z" && line.state !== "X";
}

/** SIGSTOP in the masks of `/proc/PID/status`. */
const STOP_BIT = 1n << 18n;

/**
 * Whether it gets no CPU time until it is woken. A shell that started a command by `vfork` waits in the kernel (`D`) until that command
 * begins, which a stopped one never does: with the stop signal waiting for it, it cannot run a single instruction either.
 */
export function isStopped(line: ProcessLine): boolean {
  return line.state === "T" || line.state === "t" || !isAlive(line) || (line.state === "D" && hasStopWaiting(line.pid));
}

function hasStopWaiting(pid: number): boolean {
  const status = readProcFile(`/proc/${pid}/status`) ?? "";
  return [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)].some(
    ([, mask]) => (BigInt(`0x${mask ?? "0"}`) & STOP_BIT) !== 0n,
  );
}

/** Sends a signal; a process that is gone is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
  }
}

/** How often it is looked for what was started while others were being ended. */
const MAX_ROUNDS = 20;

/** Ends every process that is `meant`, and those that they start meanwhile; says how many there were. */
export function killAll(meant: (pid: number) => boolean): number {
  const ended = new Set<number>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    // One that was told to end may take a moment, most of all while it writes a core file.
    const found = readProcesses().filter((line) => isAlive(line) && !ended.has(line.pid) && meant(line.pid));
    if (found.length === 0) break;
    for (const { pid } of found) {
      ended.add(pid);
      signalProcess(pid, "SIGKILL");
    }
  }
  return ended.size;
}

function readProcess(pid: number): ProcessLine | undefined {
  const text = readProcFile(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name in brackets may hold spaces and brackets itself, so counting begins after the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid, state: fields[0] ?? "X", session: Number(fields[3] ?? 0) };
}

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // The process ended meanwhile, or belongs to somebody else.
    return undefined;
  }
}
