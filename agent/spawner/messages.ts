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
}

export type FromSpawner =
  | { readonly kind: "ready" }
  | { readonly kind: "started"; readonly id: string; readonly pid: number }
  | { readonly kind: "failed"; readonly id: string; readonly code: string; readonly message: string }
  | { readonly kind: "grew"; readonly id: string }
  | { readonly kind: "report"; readonly id: string; readonly line: string }
  | { readonly kind: "frozen"; readonly ids: readonly string[] }
  | { readonly kind: "thawed"; readonly ids: readonly string[] }
  | ProcessEnd;

/** The variable by which every process of an attempt is found, also one that left its session. */
export const TOKEN_VARIABLE = "LANWEAVE_PROCESS";

/** First argument of the spawner: tokens of its processes begin with it. */
export function toToken(prefix: string, id: string): string {
  return `${prefix}.${id}`;
}

export function isToSpawner(value: unknown): value is ToSpawner {
  return isKinded(value, ["start", "signal", "freeze", "thaw"]);
}

export function isFromSpawner(value: unknown): value is FromSpawner {
  return isKinded(value, ["ready", "started", "failed", "grew", "report", "frozen", "thawed", "ended"]);
}

function isKinded(value: unknown, kinds: readonly string[]): boolean {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return typeof value.kind === "string" && kinds.includes(value.kind);
}
