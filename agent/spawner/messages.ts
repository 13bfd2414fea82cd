import type { CgroupHome } from "./cgroup-home.ts";

// What the agent's main process and its spawner say to each other over Node's own channel. Both are of one version, so
// `kind` is all that is checked.

/** A process to start in its own session, with its output in files. */
export interface StartRequest {
  readonly kind: "start";
  readonly id: string;
  readonly argv: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logPath: string;
  readonly logLimitBytes: number;
  /** Where stdout goes as well, up to `captureLimitBytes` and one byte more; null: nowhere. */
  readonly capturePath: string | null;
  readonly captureLimitBytes: number;
  /** What it asked for; 0: nothing, and then nothing is limited. */
  readonly memoryBytes: number;
  readonly cpus: number;
  /** What each of its processes may have where they cannot be limited together; 0: no limit. */
  readonly processMemoryBytes: number;
}

export type ToSpawner =
  | StartRequest
  /** `SIGTERM` also wakes what is frozen, so that it can end. */
  | { readonly kind: "signal"; readonly ids: readonly string[]; readonly signal: "SIGTERM" | "SIGKILL" }
  | { readonly kind: "freeze"; readonly ids: readonly string[] }
  | { readonly kind: "thaw"; readonly ids: readonly string[] };

/** How a process ended. */
export interface ProcessEnd {
  readonly kind: "ended";
  readonly id: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** The last of stderr, as text. */
  readonly stderrTail: string;
  readonly isCaptureCut: boolean;
  /** The kernel ended it because it used more memory than it had asked for. */
  readonly isOutOfMemory: boolean;
  /** Its output could not be kept, so it was ended: the code of the file system, and what it said. */
  readonly unkept?: { readonly code: string; readonly message: string };
}

export type FromSpawner =
  /** Something that no attempt is to blame for. */
  | { readonly kind: "warning"; readonly message: string }
  | { readonly kind: "started"; readonly id: string; readonly pid: number }
  | { readonly kind: "failed"; readonly id: string; readonly code: string; readonly message: string }
  | { readonly kind: "grew"; readonly id: string }
  | { readonly kind: "reports"; readonly id: string; readonly lines: readonly string[] }
  | { readonly kind: "frozen"; readonly ids: readonly string[] }
  | { readonly kind: "thawed"; readonly ids: readonly string[] }
  | ProcessEnd;

/** The variable by which every process of an attempt is found, also one that left its session. */
export const TOKEN_VARIABLE = "LANWEAVE_PROCESS";

/** What its only argument tells a spawner. */
export interface SpawnerOptions {
  /** Tokens of its processes begin with it; of this life of the spawner alone. */
  readonly token: string;
  /** And their marks with this. */
  readonly mark: string;
  readonly pipeFolder: string;
  /** Null: no control groups. */
  readonly cgroups: CgroupHome | null;
}

/** From what the agent of the same version has written. */
export function readSpawnerOptions(text: string): SpawnerOptions {
  return JSON.parse(text) as SpawnerOptions;
}

export function toToken(prefix: string, id: string): string {
  return `${prefix}.${id}`;
}

export function isToSpawner(value: unknown): value is ToSpawner {
  return isKinded(value, ["start", "signal", "freeze", "thaw"]);
}

export function isFromSpawner(value: unknown): value is FromSpawner {
  return isKinded(value, ["warning", "started", "failed", "grew", "reports", "frozen", "thawed", "ended"]);
}

function isKinded(value: unknown, kinds: readonly string[]): boolean {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return typeof value.kind === "string" && kinds.includes(value.kind);
}
