import { readdirSync, readFileSync } from "node:fs";

/** Processes whose environment has this entry, whatever session they are in. */
export function processesWith(entry: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .filter((pid) => readProc(`/proc/${pid}/environ`).split("\0").includes(entry))
    .filter((pid) => stateOf(Number(pid)) !== "Z" && stateOf(Number(pid)) !== "gone")
    .map(Number);
}

/** Processes with this text among their arguments, whatever became of their environment. */
export function processesRunning(argument: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .filter((pid) => readProc(`/proc/${pid}/cmdline`).split("\0").includes(argument))
    .filter((pid) => stateOf(Number(pid)) !== "Z" && stateOf(Number(pid)) !== "gone")
    .map(Number);
}

/** The process that the agent has started to start others. */
export function spawnerOf(agentPid: number): number {
  return childOf(agentPid, "spawner");
}

/** The process that a spawner has started to outlive it. */
export function guardOf(spawnerPid: number): number {
  return childOf(spawnerPid, "lanweave-guard");
}

function childOf(parent: number, name: string): number {
  const children = readProc(`/proc/${parent}/task/${parent}/children`).trim().split(" ").map(Number);
  const found = children.find((pid) => readProc(`/proc/${pid}/cmdline`).includes(name));
  if (found === undefined) throw new Error(`process ${parent} has no ${name}`);
  return found;
}

/** User and system time it has had, in clock ticks. */
export function cpuTicks(pid: number): number {
  const fields = statOf(pid);
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

export function stateOf(pid: number): string {
  return statOf(pid)[0] ?? "gone";
}

/** Whether it is stopped in place: by a signal, or with its whole control group. */
export function isHeld(pid: number): boolean {
  const folder = cgroupOf(pid);
  return stateOf(pid) === "T" || (folder !== undefined && /^frozen 1$/m.test(readProc(`${folder}/cgroup.events`)));
}

/** The folder of its control group in the v2 hierarchy, if there is one here. */
function cgroupOf(pid: number): string | undefined {
  const mount = cgroupMount();
  const path = /^0::(.*)$/m.exec(readProc(`/proc/${pid}/cgroup`))?.[1];
  return mount === undefined || path === undefined ? undefined : mount + path;
}

/** Where the v2 hierarchy of control groups is mounted, if it is. */
export function cgroupMount(): string | undefined {
  return /^[^ ]+ [^ ]+ [^ ]+ [^ ]+ ([^ ]+) .* - cgroup2 /m.exec(readProc("/proc/self/mountinfo"))?.[1];
}

function statOf(pid: number): string[] {
  const text = readProc(`/proc/${pid}/stat`);
  return text === "" ? [] : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // It ended meanwhile.
    return "";
  }
}
