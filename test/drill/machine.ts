import type { ChildProcess } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Lines, eventually } from "#test/support/lines.ts";
import { stateOf } from "#test/support/processes.ts";
import type { TestHost, TestLan } from "#test/support/netns.ts";
import { ROOT } from "#test/support/fleet.ts";
import { Turns } from "./turns.ts";
import type { MachineName } from "./plan.ts";

const PROGRAM = path.join(ROOT, "bin/lanweave.js");
const CLOCK = path.join(import.meta.dirname, "stepped-clock.ts");
const READY_MS = 30_000;
const STOP_MS = 12_000;

/** One network card of a machine. */
export interface Card {
  readonly lan: TestLan;
  readonly name: string;
  readonly address: string;
}

/** How its program ended when nobody had ended it. */
export interface OwnEnd {
  readonly how: string;
  readonly atMs: number;
}

/** A machine of the drill: a network namespace, and the one program of Lanweave that runs in it. */
export class Machine {
  readonly name: MachineName;
  readonly host: TestHost;
  readonly cards: Card[] = [];
  readonly data: string;
  readonly temporary: string;
  readonly logFile: string;
  /** Troubles of its processes and of its disk befall it one after the other. */
  readonly body = new Turns();
  /** And so do those of its links. */
  readonly links = new Turns();
  readonly ownEnds: OwnEnd[] = [];
  readonly #words: readonly string[];
  readonly #clockFile: string;
  #child: ChildProcess | null = null;
  #isMeantToEnd = false;

  constructor(input: {
    readonly name: MachineName;
    readonly host: TestHost;
    readonly folder: string;
    readonly words: readonly string[];
  }) {
    const { name, host, folder } = input;
    this.name = name;
    this.host = host;
    this.data = path.join(folder, name);
    this.temporary = path.join(folder, "tmp", name);
    this.logFile = path.join(folder, "logs", `${name}.log`);
    this.#words = input.words;
    this.#clockFile = path.join(folder, `${name}.clock`);
    for (const each of [this.temporary, path.dirname(this.logFile)]) mkdirSync(each, { recursive: true });
    this.setClock(0);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isUp(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  setClock(stepMs: number): void {
    writeFileSync(this.#clockFile, String(stepMs));
  }

  /** Starts the program and waits for what `ready` makes of its output. `bootS`: how much longer the machine says it has been up. */
  async start<T>(ready: (line: string) => T | undefined, bootS = 0): Promise<T> {
    const log = openSync(this.logFile, "a");
    const words = [process.execPath, PROGRAM, ...this.#words, "--data", this.data];
    const boot =
      bootS === 0 ? [] : ["unshare", "--time", `--monotonic=${String(bootS)}`, `--boottime=${String(bootS)}`];
    const [program = "", ...rest] = [...boot, ...words];
    const env = {
      ...process.env,
      TMPDIR: this.temporary,
      LANWEAVE_DRILL_CLOCK: this.#clockFile,
      NODE_OPTIONS: `--import=${CLOCK}`,
    };
    const child = this.host.spawn(program, rest, { stdio: ["ignore", "pipe", log], env });
    closeSync(log);
    this.#child = child;
    this.#isMeantToEnd = false;
    child.once("exit", (code, signal) => {
      if (this.#child === child && !this.#isMeantToEnd)
        this.ownEnds.push({ how: `code ${String(code)}, signal ${String(signal)}`, atMs: performance.now() });
    });
    if (child.stdout === null) throw new Error("no pipe");
    return new Lines(child.stdout).until(`ready line of ${this.name}`, READY_MS, ready);
  }

  /** Ends the program alone, as `kill` does, and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || !this.isUp) return;
    this.#isMeantToEnd = true;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Ends all that runs on the machine at once, as a power cut does. */
  async cutPower(): Promise<void> {
    this.#isMeantToEnd = true;
    for (const pid of this.pids()) signalQuietly(pid, "SIGKILL");
    await eventually(`${this.name} has no process left`, STOP_MS, () =>
      Promise.resolve(this.pids().length === 0 && !this.isUp ? true : undefined),
    );
  }

  /** Everything that runs on it, whoever started it. */
  pids(): number[] {
    const inode = statSync(path.join("/run/netns", this.host.name)).ino;
    return allPids().filter((pid) => namespaceOf(pid) === inode && stateOf(pid) !== "Z");
  }

  /** The agent's spawner. */
  spawnerPid(): number | undefined {
    return this.pids().find((pid) => parentOf(pid) === this.pid && commandOf(pid).includes("spawner"));
  }

  /** What is in the log since byte `from`. */
  readLog(from = 0): string {
    return readFileSync(this.logFile).subarray(from).toString();
  }
}

export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function allPids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function namespaceOf(pid: number): number {
  try {
    return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${String(pid)}/ns/net`))?.[1]);
  } catch {
    // It ended meanwhile.
    return 0;
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readProc(pid, "status"))?.[1]);
}

export function commandOf(pid: number): string {
  return readProc(pid, "cmdline").replaceAll("\0", " ").trim();
}

export function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, "latin1");
  } catch {
    // It ended meanwhile.
    return "";
  }
}
