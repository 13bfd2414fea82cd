import type { Json } from "#core/base/json.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Activity, ActivityListener } from "./activity.ts";
import type { AttemptPlaces } from "./attempt-folders.ts";
import { isFullCode } from "#system/disk-full.ts";
import { AttemptError } from "./errors.ts";
import type { ProcessCommand, ProcessEnd } from "./process-command.ts";

/** Between SIGTERM and SIGKILL. Rule FAULT-6. */
export const KILL_AFTER_MS = 5_000;

/** What the runner needs of the spawner. */
export interface ProcessStarter {
  readonly isUp: boolean;
  start(
    request: {
      readonly kind: "start";
      readonly id: string;
      readonly argv: readonly string[];
      readonly folder: string;
      readonly environment: Readonly<Record<string, string>>;
      readonly logPath: string;
      readonly logLimitBytes: number;
      readonly capturePath: string | null;
      readonly captureLimitBytes: number;
      readonly memoryBytes: number;
      readonly cpus: number;
      readonly processMemoryBytes: number;
    },
    listener: {
      started(pid: number): void;
      failed(code: string, message: string): void;
      grew(): void;
      reported(line: string): void;
      frozen(): void;
      thawed(): void;
      ended(end: ProcessEnd): void;
      lost(reason: string): void;
    },
  ): void;
  signal(id: string, signal: "SIGTERM" | "SIGKILL"): void;
  freeze(id: string): void;
  thaw(id: string): void;
}

interface ProcessInput {
  readonly command: ProcessCommand;
  readonly places: AttemptPlaces;
  /** Asked for when the process starts. */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly processes: ProcessStarter;
  readonly clock: Clock;
  readonly maxOutputBytes: number;
  /** What the attempt asked for; 0: nothing. */
  readonly memoryBytes: number;
  readonly cpus: number;
}

/** A process tree started through the spawner. */
export class ProcessActivity implements Activity {
  readonly #input: ProcessInput;
  #cancelKill: (() => void) | undefined;
  /** The spawner knows of it; what was asked for earlier is asked for then. */
  #isStarted = false;
  #asked: "freeze" | "stop" | "kill" | undefined;

  constructor(input: ProcessInput) {
    this.#input = input;
  }

  async run(listener: ActivityListener): Promise<Json> {
    const { command } = this.#input;
    const argv = await command.prepare();
    const end = await this.#start(argv, listener);
    this.#cancelKill?.();
    if (end.unkept !== undefined) throw outputNotKept(end.unkept);
    if (end.isOutOfMemory) throw outOfMemory(this.#input.memoryBytes);
    return command.toResult(end);
  }

  stop(): void {
    const { processes, places, clock } = this.#input;
    this.#asked = "stop";
    if (!this.#isStarted) return;
    processes.signal(places.id, "SIGTERM");
    this.#cancelKill ??= clock.after(KILL_AFTER_MS, () => this.kill());
  }

  kill(): void {
    this.#asked = "kill";
    if (this.#isStarted) this.#input.processes.signal(this.#input.places.id, "SIGKILL");
  }

  freeze(): void {
    this.#asked ??= "freeze";
    if (this.#isStarted) this.#input.processes.freeze(this.#input.places.id);
  }

  thaw(): void {
    if (this.#asked === "freeze") this.#asked = undefined;
    if (this.#isStarted) this.#input.processes.thaw(this.#input.places.id);
  }

  #start(argv: readonly string[], listener: ActivityListener): Promise<ProcessEnd> {
    const { places, environment, processes, maxOutputBytes, command, memoryBytes, cpus } = this.#input;
    const { promise, resolve, reject } = Promise.withResolvers<ProcessEnd>();
    processes.start(
      {
        kind: "start",
        id: places.id,
        argv,
        folder: places.work,
        environment: environment(),
        logPath: places.log,
        logLimitBytes: maxOutputBytes,
        capturePath: command.captureBytes === 0 ? null : places.capture,
        captureLimitBytes: command.captureBytes,
        memoryBytes,
        cpus,
        processMemoryBytes: command.takesDataLimit ? memoryBytes : 0,
      },
      {
        started: (pid) => listener.started(pid),
        grew: () => listener.grew(),
        reported: (line) => listener.reported(line),
        frozen: () => listener.frozen(),
        thawed: () => listener.thawed(),
        failed: (code, message) => reject(notStarted(argv[0] ?? "", code, message)),
        ended: resolve,
        lost: (reason) => reject(new AttemptError("lost", `the process was ended, because ${reason}`)),
      },
    );
    this.#isStarted = true;
    if (this.#asked !== undefined) this[this.#asked]();
    return promise;
  }
}

function outputNotKept({ code, message }: { readonly code: string; readonly message: string }): AttemptError {
  const text = `the output of the attempt could not be kept, so it was ended: ${message}`;
  return new AttemptError(isFullCode(code) ? "disk-full" : "output", text);
}

function outOfMemory(memoryBytes: number): AttemptError {
  const size = `${Math.round(memoryBytes / 2 ** 20)} MiB`;
  return new AttemptError("memory", `the attempt used more than the ${size} of memory it asked for, and was ended`);
}

function notStarted(program: string, code: string, message: string): AttemptError {
  if (code === "ENOENT")
    return new AttemptError("not-found", `the program ${JSON.stringify(program)} was not found on this machine's PATH`);
  if (code === "EACCES")
    return new AttemptError("not-executable", `the program ${JSON.stringify(program)} may not be executed`);
  return new AttemptError(isFullCode(code) ? "disk-full" : "spawn", `the process could not be started: ${message}`);
}
