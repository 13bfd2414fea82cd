import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeSync,
} from "node:fs";
import { join, resolve } from "node:path";

/** What a control group of an attempt can limit here. */
export type CgroupLimit = "memory" | "cpu" | "pids";

/** A folder of the cgroup v2 hierarchy where this user may make groups. */
export interface CgroupHome {
  readonly folder: string;
  readonly limits: readonly CgroupLimit[];
}

export type FoundCgroups =
  { readonly kind: "found"; readonly home: CgroupHome } | { readonly kind: "none"; readonly why: string };

const LIMITS: readonly CgroupLimit[] = ["memory", "cpu", "pids"];
/** Groups that systemd makes for one service, or for one `systemd-run --scope`. */
const MADE_FOR_US = /(\.service|\/run-[^/]+\.scope)$/;
/** Where the agent moves itself when the group it was started in has to be empty. */
const OWN_GROUP = "agent";

/**
 * Makes a place for the control groups of the agent called `name`: in the group it was started in, or, as root, at the top where that allows
 * more. Whatever an earlier life of the agent left running there is ended.
 */
export function openCgroupHome(name: string): FoundCgroups {
  if (process.platform !== "linux") return { kind: "none", why: "only Linux has control groups" };
  const mount = findMount();
  if (mount === undefined) return { kind: "none", why: "no cgroup v2 hierarchy is mounted" };
  const own = ownFolder(mount);
  if (own === undefined) return { kind: "none", why: "the agent's own control group is outside of what is mounted" };
  const tried = [...new Set(process.getuid?.() === 0 ? [own, mount.folder] : [own])].map((base) => open(base, name));
  const found = tried.filter((one) => one.kind === "found");
  const [best] = found.sort((one, other) => other.home.limits.length - one.home.limits.length);
  for (const { home } of found) if (home !== best?.home) removeGroups(home.folder);
  return best ?? tried[0] ?? { kind: "none", why: "no control group was tried" };
}

/** Ends every process in the groups of the home but those of the agent itself, and removes what is empty by then. */
export function sweepHome({ folder }: CgroupHome): void {
  for (const name of foldersIn(folder)) {
    if (name === OWN_GROUP) continue;
    writeGroupFile(join(folder, name, "cgroup.kill"), "1");
    removeGroups(join(folder, name));
  }
}

/** Removes a group and those in it, as far as nothing runs in them; false when something is left. */
export function removeGroups(folder: string): boolean {
  for (const name of foldersIn(folder)) removeGroups(join(folder, name));
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    // Busy: what was killed in it is not gone yet.
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

/** False when the kernel or the permissions do not let it. */
export function writeGroupFile(path: string, text: string): boolean {
  try {
    // Never made anew: a file that is not there is a feature that this kernel lacks.
    const fd = openSync(path, constants.O_WRONLY);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
    return true;
  } catch {
    return false;
  }
}

/** Empty when it cannot be read. */
export function readGroupFile(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

interface Mount {
  readonly folder: string;
  /** Which group of the hierarchy is seen at `folder`. */
  readonly root: string;
}

function findMount(): Mount | undefined {
  for (const line of readGroupFile("/proc/self/mountinfo").split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, folder] = before.split(" ");
    if (after.startsWith("cgroup2 ") && root !== undefined && folder !== undefined) return { root, folder };
  }
  return undefined;
}

function ownFolder({ root, folder }: Mount): string | undefined {
  const path = /^0::(.*)$/m.exec(readGroupFile("/proc/self/cgroup"))?.[1];
  if (path === undefined || path.startsWith("/..")) return undefined;
  if (root === "/") return resolve(folder, `.${path}`);
  return path === root || path.startsWith(`${root}/`) ? resolve(folder, `.${path.slice(root.length)}`) : undefined;
}

function open(base: string, name: string): FoundCgroups {
  const folder = join(base, `lanweave-${name}`);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    return { kind: "none", why: error instanceof Error ? error.message : String(error) };
  }
  sweepHome({ folder, limits: [] });
  if (!["cgroup.kill", "cgroup.freeze", "cgroup.procs"].every((file) => isWritable(join(folder, file)))) {
    removeGroups(folder);
    return { kind: "none", why: `${folder} cannot be frozen and killed as a whole: expected Linux 5.14 or newer` };
  }
  if (!/^domain$/m.test(readGroupFile(join(folder, "cgroup.type")))) {
    removeGroups(folder);
    return { kind: "none", why: `${folder} cannot hold processes: the group above it is a threaded one` };
  }
  if (notEnabled(base).length > 0 && makeRoom(base, folder)) enable(base);
  enable(folder);
  const enabled = readGroupFile(join(folder, "cgroup.subtree_control")).trim().split(" ");
  return { kind: "found", home: { folder, limits: LIMITS.filter((limit) => enabled.includes(limit)) } };
}

/**
 * A group that gives controllers to others may hold no processes itself, so whoever is in it goes to a group below, if it is only us. The root of the
 * hierarchy is free to do both. Asking first and looking later would be too late: some controllers are given, and make the groups below unusable.
 */
function makeRoom(base: string, folder: string): boolean {
  const isRoot = readGroupFile(join(base, "cgroup.type")) === "";
  const pids = isRoot ? [] : pidsIn(base);
  if (pids.length === 0) return true;
  if (!isOnlyOurs(pids, base)) return false;
  const own = join(folder, OWN_GROUP);
  mkdirSync(own, { recursive: true });
  for (const pid of pids) writeGroupFile(join(own, "cgroup.procs"), pid);
  return pidsIn(base).length === 0;
}

/** Gives what can be limited here to the groups below. */
export function enable(folder: string): void {
  for (const limit of notEnabled(folder)) writeGroupFile(join(folder, "cgroup.subtree_control"), `+${limit}`);
}

function notEnabled(folder: string): readonly CgroupLimit[] {
  const there = readGroupFile(join(folder, "cgroup.controllers")).trim().split(" ");
  const enabled = readGroupFile(join(folder, "cgroup.subtree_control")).trim().split(" ");
  return LIMITS.filter((limit) => there.includes(limit) && !enabled.includes(limit));
}

/** Whether it is only this process, and, where the group was made for it, who started it. */
function isOnlyOurs(pids: readonly string[], base: string): boolean {
  const ours = new Set([String(process.pid)]);
  if (MADE_FOR_US.test(base)) for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) ours.add(String(pid));
  return pids.every((pid) => ours.has(pid));
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*([0-9]+)$/m.exec(readGroupFile(`/proc/${pid}/status`))?.[1] ?? 0);
}

function pidsIn(folder: string): readonly string[] {
  return readGroupFile(join(folder, "cgroup.procs"))
    .split("\n")
    .filter((line) => line !== "");
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // Somebody else's, or a feature that this kernel lacks.
    return false;
  }
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    // It was removed meanwhile.
    return [];
  }
}
