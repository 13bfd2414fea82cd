import type { AttemptCgroup } from "./cgroup.ts";
import { readMark } from "./marks.ts";
import {
  HAS_PROCESS_TABLE,
  isAlive,
  isStopped,
  type ProcessLine,
  readProcesses,
  readToken,
  signalProcess,
} from "./process-table.ts";

/** A started process and how all its descendants are known. */
export interface GroupName {
  readonly pid: number;
  readonly token: string;
  readonly mark: string;
  readonly cgroup: AttemptCgroup | undefined;
}

/** Everything that belongs to the groups: their sessions, and whoever left those but carries the mark or the token. */
function findMembers(groups: readonly GroupName[]): Map<GroupName, ProcessLine[]> {
  const found = new Map<GroupName, ProcessLine[]>(groups.map((group) => [group, []]));
  const bySession = new Map(groups.map((group) => [group.pid, group]));
  const byMark = new Map(groups.map((group) => [group.mark, group]));
  const byToken = new Map(groups.map((group) => [group.token, group]));
  for (const line of groups.length === 0 ? [] : readProcesses()) {
    if (!isAlive(line)) continue;
    const group =
      bySession.get(line.session) ?? byMark.get(readMark(line.pid) ?? "") ?? byToken.get(readToken(line.pid) ?? "");
    if (group !== undefined) found.get(group)?.push(line);
  }
  return found;
}

/**
 * Signals every member once; a second SIGTERM would make some programs give up at once. Without a process table, the
 * process groups are all that can be reached.
 */
export function signalGroups(groups: readonly GroupName[], signal: "SIGTERM" | "SIGKILL" | "SIGCONT"): void {
  if (!HAS_PROCESS_TABLE || signal === "SIGKILL") {
    for (const group of groups) signalProcess(process.platform === "win32" ? group.pid : -group.pid, signal);
  }
  const scattered: GroupName[] = [];
  for (const group of groups) {
    const pids = group.cgroup?.pids() ?? [];
    if (signal === "SIGKILL") group.cgroup?.kill();
    else for (const pid of pids) signalProcess(pid, signal);
    // It is not in its group yet, or there is none.
    if (!pids.includes(group.pid)) scattered.push(group);
  }
  for (const lines of findMembers(scattered).values()) for (const line of lines) signalProcess(line.pid, signal);
}

/** Wakes what was stopped, one way or the other. */
export function wakeGroups(groups: readonly GroupName[]): void {
  for (const group of groups) group.cgroup?.thaw();
  signalGroups(groups, "SIGCONT");
}

/**
 * Stops what is not stopped yet and returns the groups that were found wholly stopped. Called again until that is all:
 * a process may start another between two looks.
 */
export function stopGroups(groups: readonly GroupName[]): GroupName[] {
  const stopped: GroupName[] = [];
  const scattered: GroupName[] = [];
  for (const group of groups) {
    group.cgroup?.freeze();
    if (group.cgroup?.isFrozenWith(group.pid) === true) stopped.push(group);
    else if (group.cgroup?.pids().includes(group.pid) !== true) scattered.push(group);
  }
  for (const group of scattered) signalProcess(-group.pid, "SIGSTOP");
  if (!HAS_PROCESS_TABLE) return [...stopped, ...scattered];
  for (const [group, lines] of findMembers(scattered)) {
    const moving = lines.filter((line) => !isStopped(line));
    for (const line of moving) signalProcess(line.pid, "SIGSTOP");
    if (moving.length === 0) stopped.push(group);
  }
  return stopped;
}
