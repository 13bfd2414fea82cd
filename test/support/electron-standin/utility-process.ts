import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { StandinEmitter } from "./not-in-standin.ts";

interface ForkOptions {
  readonly serviceName?: string;
  readonly stdio?: string;
}

const running = new Set<UtilityProcess>();

/** A program of the app's in a process of its own, with `process.parentPort`. */
export class UtilityProcess extends StandinEmitter {
  readonly serviceName: string;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly #child: ChildProcess;

  constructor(module: string, parameters: readonly string[], options: ForkOptions) {
    super();
    this.serviceName = options.serviceName ?? "Node Utility Process";
    const output = options.stdio === "pipe" ? "pipe" : "inherit";
    this.#child = fork(fileURLToPath(new URL("utility-boot.ts", import.meta.url)), [module, ...parameters], {
      stdio: ["ignore", output, output, "ipc"],
      serialization: "advanced",
      execArgv: [],
    });
    this.stdout = this.#child.stdout;
    this.stderr = this.#child.stderr;
    running.add(this);
    this.#child.on("spawn", () => this.emit("spawn"));
    this.#child.on("message", (message) => this.emit("message", message));
    this.#child.on("exit", (code) => {
      running.delete(this);
      this.emit("exit", code ?? 1);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  postMessage(message: unknown): void {
    // To a process that is just ending, as Electron does: nothing, and nobody is told.
    if (this.#child.connected) this.#child.send({ data: message });
  }

  kill(): boolean {
    return this.#child.kill();
  }
}

export const utilityProcess = {
  fork: (module: string, parameters: readonly string[] = [], options: ForkOptions = {}) =>
    new UtilityProcess(module, parameters, options),
};

export function allUtilityProcesses(): readonly UtilityProcess[] {
  return [...running];
}
