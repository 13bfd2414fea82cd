import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

// A number that a process and all its descendants carry whatever they do to their environment, session and parents: the limit of file
// locks (RLIMIT_LOCKS), which Linux has kept and not minded since 2.4.25. Its decimal digits are the agent's 7, the spawner's 3, the attempt's 5.

const SPAWNER_DIGITS = 3;
const ATTEMPT_DIGITS = 5;
const MARK_DIGITS = 15;

/** The digits that all marks of an agent begin with. */
export function toAgentMark(agentToken: string): string {
  const number = createHash("sha256").update(agentToken).digest().readUInt32BE(0);
  return String(1_000_000 + (number % 9_000_000));
}

/** Whether a limit of file locks is the mark of a process of the agent, or the spawner, whose marks begin so. */
export function isMarkOf(digits: string, limit: string | undefined): boolean {
  return limit?.length === MARK_DIGITS && limit.startsWith(digits);
}

/** How many spawners of an agent can be told apart. */
export const MAX_GENERATIONS = 10 ** SPAWNER_DIGITS;

export function toSpawnerMark(agentMark: string, generation: number): string {
  return agentMark + String(generation % MAX_GENERATIONS).padStart(SPAWNER_DIGITS, "0");
}

export function toAttemptMark(spawnerMark: string, attempt: number): string {
  return spawnerMark + String(attempt % 10 ** ATTEMPT_DIGITS).padStart(ATTEMPT_DIGITS, "0");
}

/** As `grep -E` takes it: the line of `/proc/PID/limits` of every process of a spawner. */
export function toLimitsPattern(spawnerMark: string): string {
  return `^Max file locks +${spawnerMark}[0-9]{${String(ATTEMPT_DIGITS)}} `;
}

/** The mark of a process, or whatever else its limit is; `undefined` when there is no telling. */
export function readMark(pid: number): string | undefined {
  try {
    return /^Max file locks +([0-9]+) /m.exec(readFileSync(`/proc/${pid}/limits`, "latin1"))?.[1];
  } catch {
    // The process ended meanwhile.
    return undefined;
  }
}
