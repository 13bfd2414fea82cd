import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Disposable } from "#core/base/dispose.ts";
import { type CgroupHome, enable, readGroupFile, removeGroups, writeGroupFile } from "./cgroup-home.ts";

/** Processes and threads of one attempt; only a task gone wild has more. */
const MAX_PROCESSES = 8_192;
/** Of `cpu.max`: so much time in every such period is what `cpus: 1` gives. */
const CPU_PERIOD_US = 100_000;
const MIN_CPU_US = 1_000;
/** Between two tries to remove a group whose processes were killed. */
const REMOVE_EVERY_MS = 20;

/** After everything was killed: how long it may take to be gone, and how often that is looked at. */
const GONE_WITHIN_MS = 300;
const LOOK_EVERY_MS = 5;

/** What an attempt asked for; 0: nothing. */
export interface Limits {
  readonly memoryBytes: number;
  readonly cpus: number;
}

/** The control groups of one spawner: one for all it starts, and in it one an attempt. */
export class Cgroups implements Disposable {
  readonly folder: string;
  readonly #home: CgroupHome;
  #made = 0;
  #removing: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(home: CgroupHome, generation: string) {
    this.#home = home;
    this.folder = join(home.folder, generation);
    mkdirSync(this.folder, { recursive: true });
    enable(this.folder);
  }

  /** Whether what an attempt may use of memory can be limited for all its processes together. */
  get limitsMemory(): boolean {
    return this.#home.limits.includes("memory");
  }

  /** Throws when the system lets it make no more. */
  make({ memoryBytes, cpus }: Limits): AttemptCgroup {
    this.#made += 1;
    const folder = join(this.folder, String(this.#made));
    mkdirSync(folder);
    const { limits } = this.#home;
    const set = (file: string, value: number | string): boolean => writeGroupFile(join(folder, file), String(value));
    if (limits.includes("pids")) set("pids.max", MAX_PROCESSES);
    if (limits.includes("memory") && memoryBytes > 0) {
      set("memory.max", memoryBytes);
      set("memory.swap.max", 0);
      // Half an attempt is worth nothing: when one of its processes has to go, all of them do.
      set("memory.oom.group", 1);
    }
    if (limits.includes("cpu") && cpus > 0) {
      set("cpu.max", `${Math.max(MIN_CPU_US, Math.round(cpus * CPU_PERIOD_US))} ${CPU_PERIOD_US}`);
    }
    return new AttemptCgroup(folder, () => this.#remove(folder));
  }

  /** Ends everything in every group, at once and as a whole. */
  killAll(): void {
    writeGroupFile(join(this.folder, "cgroup.kill"), "1");
  }

  /** The last thing this process does, so it may wait. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.killAll();
    const until = performance.now() + GONE_WITHIN_MS;
    while (!removeGroups(this.folder) && performance.now() < until) wait(LOOK_EVERY_MS);
    // Whoever disposes of the agent does so, too, unless it was killed.
    removeGroups(this.#home.folder);
  }

  #remove(folder: string): void {
    if (removeGroups(folder)) return;
    this.#removing.push(folder);
    this.#timer ??= setTimeout(() => this.#removeLater(), REMOVE_EVERY_MS);
  }

  #removeLater(): void {
    this.#timer = undefined;
    const again = this.#removing;
    this.#removing = [];
    for (const folder of again) {
      writeGroupFile(join(folder, "cgroup.kill"), "1");
      this.#remove(folder);
    }
  }
}

/** The control group of one attempt: whatever its processes do, they and their children stay in it. */
export class AttemptCgroup {
  /** Whoever writes 0 to it is in the group. */
  readonly entrance: string;
  readonly #folder: string;
  readonly #remove: () => void;

  constructor(folder: string, remove: () => void) {
    this.#folder = folder;
    this.#remove = remove;
    this.entrance = join(folder, "cgroup.procs");
  }

  pids(): readonly number[] {
    return this.#read("cgroup.procs")
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  }

  freeze(): void {
    this.#write("cgroup.freeze", "1");
  }

  thaw(): void {
    this.#write("cgroup.freeze", "0");
  }

  /** Whether everything in it is stopped, and `pid` is in it: an empty group says that it is frozen, too. */
  isFrozenWith(pid: number): boolean {
    return /^frozen 1$/m.test(this.#read("cgroup.events")) && this.pids().includes(pid);
  }

  /** Ends everything in it, also what is frozen. */
  kill(): void {
    this.#write("cgroup.kill", "1");
  }

  isEmpty(): boolean {
    return !/^populated 1$/m.test(this.#read("cgroup.events"));
  }

  /** Whether the kernel has ended processes because they used more than `memory.max`. */
  ranOutOfMemory(): boolean {
    return Number(/^oom_kill ([0-9]+)$/m.exec(this.#read("memory.events"))?.[1] ?? 0) > 0;
  }

  /** Once nothing is in it any more. */
  remove(): void {
    this.#remove();
  }

  #read(file: string): string {
    return readGroupFile(join(this.#folder, file));
  }

  #write(file: string, text: string): void {
    writeGroupFile(join(this.#folder, file), text);
  }
}

function wait(delayMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, delayMs);
}
