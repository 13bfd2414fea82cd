import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Disposable } from "#core/base/dispose.ts";
import type { Log } from "#core/ports/log.ts";
import { type FromSpawner, isFromSpawner, type ProcessEnd, type StartRequest, type ToSpawner } from "./messages.ts";
import { killByToken } from "./process-table.ts";

const SPAWNER_HEAP_MB = 48;
const RESTART_AFTER_MS = 200;
const QUIT_WITHIN_MS = 3_000;

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

/** The agent's end of its spawner: restarts it when it dies, and tells those who lost a process by it. */
export class SpawnerClient implements Disposable {
  readonly #log: Log;
  readonly #tokenPrefix: string;
  readonly #pipeFolder: string;
  readonly #listeners = new Map<string, ProcessListener>();
  readonly #pids = new Map<string, number>();
  #process: ChildProcess | undefined;
  #isDisposed = false;
  #restartTimer: NodeJS.Timeout | undefined;

  /** `tokenPrefix` must be of this agent alone: whatever carries it and is not of this spawner gets killed. */
  constructor(input: { readonly log: Log; readonly tokenPrefix: string; readonly pipeFolder: string }) {
    this.#log = input.log;
    this.#tokenPrefix = input.tokenPrefix;
    this.#pipeFolder = input.pipeFolder;
    this.#killLeftovers();
    this.#start();
  }

  get isUp(): boolean {
    return this.#process !== undefined;
  }

  start(request: StartRequest, listener: ProcessListener): void {
    if (this.#process === undefined) return listener.lost("the agent's spawner process is being restarted");
    this.#listeners.set(request.id, listener);
    this.#send(request);
  }

  signal(id: string, signal: "SIGTERM" | "SIGKILL"): void {
    this.#send({ kind: "signal", ids: [id], signal });
  }

  freeze(id: string): void {
    this.#send({ kind: "freeze", ids: [id] });
  }

  thaw(id: string): void {
    this.#send({ kind: "thaw", ids: [id] });
  }

  /** Ends the spawner, and with it every process it started. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    clearTimeout(this.#restartTimer);
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
      [`--max-old-space-size=${SPAWNER_HEAP_MB}`, script, this.#tokenPrefix, this.#pipeFolder],
      { stdio: ["ignore", "inherit", "inherit", "ipc"], windowsHide: true },
    );
    this.#process = child;
    child.on("message", (message: unknown) => {
      if (isFromSpawner(message)) this.#hear(message);
    });
    // A channel that closes while something is sent is followed by `exit`, which is where it is dealt with.
    child.on("error", (error) => this.#log.warn("spawner", { error: error.message }));
    child.on("exit", (code, signal) => this.#died(child, `code ${code}, signal ${signal}`));
  }

  #send(message: ToSpawner): void {
    if (this.#process?.connected === true) this.#process.send(message, () => undefined);
  }

  #hear(message: FromSpawner): void {
    switch (message.kind) {
      case "ready":
        return;
      case "frozen":
        return message.ids.forEach((id) => this.#listeners.get(id)?.frozen());
      case "thawed":
        return message.ids.forEach((id) => this.#listeners.get(id)?.thawed());
      case "started":
        this.#pids.set(message.id, message.pid);
        return this.#listeners.get(message.id)?.started(message.pid);
      case "grew":
        return this.#listeners.get(message.id)?.grew();
      case "report":
        return this.#listeners.get(message.id)?.reported(message.line);
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
      this.#log.error("the spawner died; its processes were ended and it is started again", { how, lost: lost.length });
      this.#restartTimer = setTimeout(() => this.#start(), RESTART_AFTER_MS);
    }
    for (const listener of lost) listener.lost(`the agent's spawner process died (${how})`);
  }

  #killLeftovers(): void {
    for (const pid of this.#pids.values()) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // The group ended by itself.
      }
    }
    const count = killByToken(this.#tokenPrefix);
    if (count > 0) this.#log.warn("ended processes that an earlier agent or spawner had left", { count });
  }
}
