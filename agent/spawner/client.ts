import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Disposable } from "#core/base/dispose.ts";
import type { Log } from "#core/ports/log.ts";
import { type CgroupHome, type FoundCgroups, openCgroupHome, removeGroups, sweepHome } from "./cgroup-home.ts";
import { isMarkOf, MAX_GENERATIONS, readMark, toAgentMark, toSpawnerMark } from "./marks.ts";
import {
  type FromSpawner,
  isFromSpawner,
  type ProcessEnd,
  type SpawnerOptions,
  type StartRequest,
  type ToSpawner,
} from "./messages.ts";
import { killAll, readToken } from "./process-table.ts";

const SPAWNER_HEAP_MB = 48;
/** Longer each time, up to the maximum, for one that dies again and again soon after its start. */
const RESTART_AFTER_MS = 200;
const MAX_RESTART_AFTER_MS = 5_000;
const SOON_MS = 5_000;
const QUIT_WITHIN_MS = 3_000;
/** How long control groups may take to be empty after everything in them was killed, and how often that is looked at. */
const EMPTY_WITHIN_MS = 1_000;
const LOOK_EVERY_MS = 10;

/** What happens to one process. `lost`: the spawner died, and the process with it. */
export interface ProcessListener {
  started(pid: number): void;
  failed(code: string, message: string): void;
  grew(): void;
  reported(line: string): void;
  frozen(): void;
  thawed(): void;
  ended(end: ProcessEnd): void;
  lost(reason: string): void;
}

interface SpawnerInput {
  readonly log: Log;
  /** Of this agent alone: whatever carries it and is not of this spawner gets killed. */
  readonly agentToken: string;
  readonly pipeFolder: string;
  /** Whether to look for control groups. */
  readonly mayUseCgroups: boolean;
}

/** The agent's end of its spawner: restarts it when it dies, and tells those who lost a process by it. */
export class SpawnerClient implements Disposable {
  readonly #input: SpawnerInput;
  readonly #agentMark: string;
  readonly #cgroups: CgroupHome | null;
  readonly #listeners = new Map<string, ProcessListener>();
  readonly #pids = new Map<string, number>();
  #generation = Math.floor(Math.random() * MAX_GENERATIONS);
  #process: ChildProcess | undefined;
  /** What was asked for while there was no spawner. */
  #waiting: ToSpawner[] = [];
  /** Not sent yet: more of the kind may come in this turn. */
  #together: { readonly kind: "freeze" | "thaw"; readonly ids: string[] } | undefined;
  #isDisposed = false;
  #startedMs = 0;
  #restartAfterMs = RESTART_AFTER_MS / 2;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(input: SpawnerInput) {
    this.#input = input;
    this.#agentMark = toAgentMark(input.agentToken);
    this.#cgroups = this.#findCgroups();
    this.#killLeftovers();
    this.#start();
  }

  get isUp(): boolean {
    return this.#process !== undefined;
  }

  start(request: StartRequest, listener: ProcessListener): void {
    this.#listeners.set(request.id, listener);
    this.#send(request);
  }

  signal(id: string, signal: "SIGTERM" | "SIGKILL"): void {
    this.#send({ kind: "signal", ids: [id], signal });
  }

  freeze(id: string): void {
    this.#sendTogether("freeze", id);
  }

  thaw(id: string): void {
    this.#sendTogether("thaw", id);
  }

  /** What is asked of many at once is one message: each is a look at all processes of the machine. */
  #sendTogether(kind: "freeze" | "thaw", id: string): void {
    if (this.#together?.kind === kind) {
      this.#together.ids.push(id);
      return;
    }
    this.#flushTogether();
    this.#together = { kind, ids: [id] };
    queueMicrotask(() => this.#flushTogether());
  }

  #flushTogether(): void {
    const message = this.#together;
    this.#together = undefined;
    if (message !== undefined) this.#post(message);
  }

  /** Ends the spawner, and with it every process it started. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    clearTimeout(this.#restartTimer);
    await this.#endSpawner();
    await this.#removeCgroups();
  }

  async #endSpawner(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill("SIGKILL"), QUIT_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  }

  #start(): void {
    const script = fileURLToPath(
      new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./spawner.js", import.meta.url),
    );
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${SPAWNER_HEAP_MB}`, script, JSON.stringify(this.#nextOptions())],
      { stdio: ["ignore", "inherit", "inherit", "ipc"], windowsHide: true },
    );
    this.#process = child;
    this.#startedMs = performance.now();
    child.on("message", (message: unknown) => {
      if (isFromSpawner(message)) this.#hear(message);
    });
    // A channel that closes while something is sent is followed by `exit`, which is where it is dealt with.
    child.on("error", (error) => this.#input.log.warn("spawner", { error: error.message }));
    child.on("exit", (code, signal) => this.#died(child, `code ${code}, signal ${signal}`));
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) this.#send(message);
  }

  #nextOptions(): SpawnerOptions {
    this.#generation = (this.#generation + 1) % MAX_GENERATIONS;
    const { agentToken, pipeFolder } = this.#input;
    return {
      token: `${agentToken}.${this.#generation}`,
      mark: toSpawnerMark(this.#agentMark, this.#generation),
      pipeFolder,
      cgroups: this.#cgroups,
    };
  }

  #send(message: ToSpawner): void {
    this.#flushTogether();
    this.#post(message);
  }

  #post(message: ToSpawner): void {
    if (this.#process === undefined) this.#waiting.push(message);
    else if (this.#process.connected) this.#process.send(message, () => undefined);
  }

  #hear(message: FromSpawner): void {
    switch (message.kind) {
      case "warning":
        return this.#input.log.warn(message.message);
      case "frozen":
        return message.ids.forEach((id) => this.#listeners.get(id)?.frozen());
      case "thawed":
        return message.ids.forEach((id) => this.#listeners.get(id)?.thawed());
      case "started":
        this.#pids.set(message.id, message.pid);
        return this.#listeners.get(message.id)?.started(message.pid);
      case "grew":
        return this.#listeners.get(message.id)?.grew();
      case "reports":
        return message.lines.forEach((line) => this.#listeners.get(message.id)?.reported(line));
      case "failed":
        return this.#drop(message.id)?.failed(message.code, message.message);
      case "ended":
        return this.#drop(message.id)?.ended(message);
    }
  }

  #drop(id: string): ProcessListener | undefined {
    const listener = this.#listeners.get(id);
    this.#listeners.delete(id);
    this.#pids.delete(id);
    return listener;
  }

  #died(child: ChildProcess, how: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    const lost = [...this.#listeners.values()];
    this.#killLeftovers();
    this.#listeners.clear();
    this.#pids.clear();
    if (!this.#isDisposed) {
      const fields = { how, lost: lost.length };
      this.#input.log.error("the spawner died; its processes were ended and it is started again", fields);
      const isSoon = performance.now() - this.#startedMs < SOON_MS;
      this.#restartAfterMs = isSoon ? Math.min(2 * this.#restartAfterMs, MAX_RESTART_AFTER_MS) : RESTART_AFTER_MS;
      this.#restartTimer = setTimeout(() => this.#start(), this.#restartAfterMs);
    }
    for (const listener of lost) listener.lost(`the agent's spawner process died (${how})`);
  }

  #findCgroups(): CgroupHome | null {
    const { log, agentToken, mayUseCgroups } = this.#input;
    const found: FoundCgroups = mayUseCgroups
      ? openCgroupHome(agentToken)
      : { kind: "none", why: "the agent was told so" };
    if (found.kind === "none") {
      log.info("no control groups: memory is limited a process at a time, cpus are not", { why: found.why });
      return null;
    }
    const { folder, limits } = found.home;
    const memory = limits.includes("memory") ? "an attempt" : "a process";
    log.info("each attempt runs in a control group of its own", { folder, limits, memoryLimitedBy: memory });
    return found.home;
  }

  #killLeftovers(): void {
    for (const pid of this.#pids.values()) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // The group ended by itself.
      }
    }
    if (this.#cgroups !== null) sweepHome(this.#cgroups);
    const prefix = `${this.#input.agentToken}.`;
    const count = killAll(
      (pid) => isMarkOf(this.#agentMark, readMark(pid)) || readToken(pid)?.startsWith(prefix) === true,
    );
    if (count > 0) this.#input.log.warn("ended processes that an earlier agent or spawner had left", { count });
  }

  async #removeCgroups(): Promise<void> {
    if (this.#cgroups === null) return;
    const until = performance.now() + EMPTY_WITHIN_MS;
    while (!removeGroups(this.#cgroups.folder) && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
