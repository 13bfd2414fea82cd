import type { ResolvedAction } from "../model/attempt.ts";
import type { Millis } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";

/** `Requirements` with the agent's name filled in. Rule FLEET-7. */
export interface ResolvedRequirements {
  readonly labels: readonly string[];
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  readonly exclusive: boolean;
  /** A name or an id, or null: any. */
  readonly agent: string | null;
}

/** What an attempt is to do, before it has an agent: an `AttemptSpec` without its key. */
export interface AttemptPlan {
  /** Counts from 1 and rises for as long as the run lives; a re-placement after a lost agent keeps it. */
  readonly attempt: number;
  readonly action: ResolvedAction;
  readonly result: "text" | "json" | "lines" | "none";
  readonly environment: Readonly<Record<string, string>>;
  readonly filesIn: readonly FileRef[];
  /** Entries of `files.in` that are globs of the workflow's folder. */
  readonly globs: readonly string[];
  readonly filesOut: readonly string[];
  readonly timeoutMs: Millis | null;
  readonly needs: ResolvedRequirements;
}
