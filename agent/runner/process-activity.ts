import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assertNever } from "#core/base/assert.ts";
import type { Json } from "#core/base/json.ts";
import type { AttemptSpec, ResolvedAction } from "#core/model/attempt.ts";
import type { Clock } from "#core/ports/clock.ts";
import { MAX_RESULT_BYTES } from "#core/protocol/limits.ts";
import type { Activity, ActivityListener } from "./activity.ts";
import type { AttemptPlaces } from "./attempt-folders.ts";
import { AttemptError } from "./errors.ts";
import { toResult } from "./result.ts";

/** Between SIGTERM and SIGKILL. Rule FAULT-6. */
export const KILL_AFTER_MS = 5_000;
/** Of stderr, in the message of a failure. */
const SHOWN_LINES = 20;
/** JSON may be indented, so more may be printed than the result has as JSON. */
const CAPTURE_BYTES = 4 * MAX_RESULT_BYTES;

/** How a process ended. */
interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;
  readonly isCaptureCut: boolean;
}

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

type ProcessAction = ResolvedAction & { readonly kind: "run" | "argv" };

interface ProcessInput {
  readonly spec: AttemptSpec;
  readonly action: ProcessAction;
  readonly places: AttemptPlaces;
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: ProcessStarter;
  readonly clock: Clock;
  readonly maxOutputBytes: number;
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
    const { spec, places } = this.#input;
    const argv = await this.#argv();
    const end = await this.#start(argv, listener);
    this.#cancelKill?.();
    if (end.code !== 0) throw new AttemptError(end.signal === null ? "exit" : "signal", describe(end));
    if (spec.result === "none") return null;
    return toResult(await readFile(places.capture), end.isCaptureCut, spec.result);
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
    const { places, environment, processes, maxOutputBytes, spec } = this.#input;
    const { promise, resolve, reject } = Promise.withResolvers<ProcessEnd>();
    processes.start(
      {
        kind: "start",
        id: places.id,
        argv,
        folder: places.work,
        environment,
        logPath: places.log,
        logLimitBytes: maxOutputBytes,
        capturePath: spec.result === "none" ? null : places.capture,
        captureLimitBytes: CAPTURE_BYTES,
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

  async #argv(): Promise<readonly string[]> {
    const { action, places } = this.#input;
    if (action.kind === "argv") return action.argv;
    // A file, not `-c`: one argument may have 128 KiB at most.
    const script = join(places.root, action.shell === "pwsh" ? "script.ps1" : "script");
    await writeFile(script, action.script, { mode: 0o600 });
    switch (action.shell) {
      case "sh":
        return ["/bin/sh", "-eu", script];
      case "bash":
        return ["bash", "-eu", script];
      case "pwsh":
        return ["pwsh", "-NoProfile", "-NonInteractive", "-File", script];
      default:
        return assertNever(action.shell);
    }
  }
}

function notStarted(program: string, code: string, message: string): AttemptError {
  if (code === "ENOENT")
    return new AttemptError("not-found", `the program ${JSON.stringify(program)} was not found on this machine's PATH`);
  if (code === "EACCES")
    return new AttemptError("not-executable", `the program ${JSON.stringify(program)} may not be executed`);
  return new AttemptError("spawn", `the process could not be started: ${message}`);
}

function describe(end: ProcessEnd): string {
  const how = end.signal === null ? `ended with exit code ${end.code}` : `was ended by ${end.signal}`;
  const lines = end.stderrTail.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
  return lines === ""
    ? `the process ${how}; it wrote nothing to stderr`
    : `the process ${how}; last of stderr:\n${lines}`;
}
