import {
  HAS_PROCESS_TABLE,
  isAlive,
  isStopped,
  type ProcessLine,
  readProcesses,
  readToken,
  signalProcess,
} from "./process-table.ts";

/** A started process and the token all its descendants carry. */
export interface GroupName {
  readonly pid: number;
  readonly token: string;
}

/** Everything that belongs to the groups: their sessions, and whoever left those but carries the token. */
export function findMembers(groups: readonly GroupName[]): Map<GroupName, ProcessLine[]> {
  const found = new Map<GroupName, ProcessLine[]>(groups.map((group) => [group, []]));
  const bySession = new Map(groups.map((group) => [group.pid, group]));
  const byToken = new Map(groups.map((group) => [group.token, group]));
  for (const line of readProcesses()) {
    if (!isAlive(line)) continue;
    const token = bySession.has(line.session) ? undefined : readToken(line.pid);
    const group = bySession.get(line.session) ?? (token === undefined ? undefined : byToken.get(token));
    if (group !== undefined) found.get(group)?.push(line);
  }
  return found;
}

/**
 * Signals every member once; a second SIGTERM would make some programs give up at once. Without a process table, the
 * process groups are all that can be reached.
 */
export function signalGroups(groups: readonly GroupName[], signal: NodeJS.Signals): void {
  if (!HAS_PROCESS_TABLE || signal === "SIGKILL") {
    for (const group of groups) signalProcess(process.platform === "win32" ? group.pid : -group.pid, signal);
  }
  for (const lines of findMembers(groups).values()) for (const line of lines) signalProcess(line.pid, signal);
}

/**
 * Stops what is not stopped yet and returns the groups that were found wholly stopped. Called again until that is all:
 * a process may start another between two looks.
 */
export function stopGroups(groups: readonly GroupName[]): GroupName[] {
  for (const group of groups) signalProcess(-group.pid, "SIGSTOP");
  if (!HAS_PROCESS_TABLE) return [...groups];
  const stopped: GroupName[] = [];
  for (const [group, lines] of findMembers(groups)) {
    const moving = lines.filter((line) => !isStopped(line));
    for (const line of moving) signalProcess(line.pid, "SIGSTOP");
    if (moving.length === 0) stopped.push(group);
  }
  return stopped;
}
