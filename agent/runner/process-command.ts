import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assertNever } from "#core/base/assert.ts";
import type { Json } from "#core/base/json.ts";
import type { ResolvedAction } from "#core/model/attempt.ts";
import { MAX_RESULT_BYTES } from "#core/protocol/limits.ts";
import type { AttemptPlaces } from "./attempt-folders.ts";
import { AttemptError } from "./errors.ts";
import { type ResultMode, toResult } from "./result.ts";

/** Of stderr, in the message of a failure. */
const SHOWN_LINES = 20;
/** JSON may be indented, so more may be printed than the result has as JSON. */
const CAPTURE_BYTES = 4 * MAX_RESULT_BYTES;

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;
  readonly isCaptureCut: boolean;
  /** It was ended because it used more memory than it had asked for. */
  readonly isOutOfMemory: boolean;
  /** Its output could not be kept, so it was ended: the code of the file system, and what it said. */
  readonly unkept?: { readonly code: string; readonly message: string };
}

/** A process to start, and what its end means. */
export interface ProcessCommand {
  /** Of stdout, kept in `places.capture`; 0: nothing. */
  readonly captureBytes: number;
  /** Whether its processes can do with a limit of their data (`ulimit -d`), which counts what is set aside as if it were used. */
  readonly takesDataLimit: boolean;
  /** Puts what it needs in place. Called once. */
  prepare(): Promise<readonly string[]>;
  /** Rejects with an `AttemptError`. */
  toResult(end: ProcessEnd): Promise<Json>;
}

/** A program whose stdout is its result. Rule FILE-9. */
export class ProgramCommand implements ProcessCommand {
  readonly takesDataLimit = true;
  readonly #action: ResolvedAction & { readonly kind: "run" | "argv" };
  readonly #mode: ResultMode;
  readonly #places: AttemptPlaces;

  constructor(action: ResolvedAction & { readonly kind: "run" | "argv" }, mode: ResultMode, places: AttemptPlaces) {
    this.#action = action;
    this.#mode = mode;
    this.#places = places;
  }

  get captureBytes(): number {
    return this.#mode === "none" ? 0 : CAPTURE_BYTES;
  }

  async prepare(): Promise<readonly string[]> {
    const action = this.#action;
    if (action.kind === "argv") return action.argv;
    // A file, not `-c`: one argument may have 128 KiB at most.
    const script = join(this.#places.root, action.shell === "pwsh" ? "script.ps1" : "script");
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

  async toResult(end: ProcessEnd): Promise<Json> {
    if (end.code !== 0) throw toEndError(end);
    if (this.#mode === "none") return null;
    return toResult(await readFile(this.#places.capture), end.isCaptureCut, this.#mode);
  }
}

/** A process that did not end well. */
export function toEndError(end: ProcessEnd): AttemptError {
  const how = end.signal === null ? `ended with exit code ${end.code}` : `was ended by ${end.signal}`;
  const lines = end.stderrTail.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
  const message =
    lines === "" ? `the process ${how}; it wrote nothing to stderr` : `the process ${how}; last of stderr:\n${lines}`;
  return new AttemptError(end.signal === null ? "exit" : "signal", message);
}
