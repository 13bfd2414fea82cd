import { readFileSync, readdirSync, readlinkSync } from "node:fs";

// What a test file leaves running. Its processes carry a mark in their environment; those that were given an environment of
// their own still work, or were started with a path, inside the file's own folder for temporary files.

export const MARK_NAME = "LANWEAVE_TEST_MARK";

/** How long what is already ending may take to be gone. */
const ENDING_MS = 3_000;
const POLL_MS = 50;
const MAX_COMMAND_LENGTH = 200;

export interface MarkedBy {
  readonly mark: string;
  readonly folder: string;
}

export interface LeakedProcess {
  readonly pid: number;
  readonly command: string;
}

/** Whether this system shows its processes where they are looked for. */
export function canFindLeaks(): boolean {
  return process.platform === "linux";
}

/** Waits for the marked processes to end, kills those that do not, and names them. */
export async function sweepLeaks(marked: MarkedBy): Promise<readonly LeakedProcess[]> {
  if (!canFindLeaks()) return [];
  const deadline = performance.now() + ENDING_MS;
  let left = findMarked(marked);
  while (left.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    left = findMarked(marked);
  }
  killMarked(marked);
  return left;
}

/** Kills every marked process at once, also those they start meanwhile. */
export function killMarked(marked: MarkedBy): void {
  if (!canFindLeaks()) return;
  for (let round = 0; round < 5; round += 1) {
    const found = findMarked(marked);
    for (const { pid } of found) kill(pid);
    if (found.length === 0) return;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

function findMarked({ mark, folder }: MarkedBy): readonly LeakedProcess[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .flatMap((pid) => {
      const command = readProcess(pid, "cmdline");
      const isMarked =
        readProcess(pid, "environ").includes(`${MARK_NAME}=${mark}\0`) ||
        command.includes(`${folder}/`) ||
        worksIn(pid, folder);
      return isMarked && isAlive(pid)
        ? [{ pid, command: command.replaceAll("\0", " ").trim().slice(0, MAX_COMMAND_LENGTH) }]
        : [];
    });
}

function worksIn(pid: number, folder: string): boolean {
  try {
    return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

/** False of a process that has ended and was only not yet asked for its exit code. */
function isAlive(pid: number): boolean {
  return !/^State:\s+[ZX]/m.test(readProcess(pid, "status"));
}

/** "" of a process that is gone or not ours to look at. */
function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
