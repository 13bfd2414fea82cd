import type { ResolvedAction, ResolvedRequirements } from "../model/attempt.ts";
import type { Millis } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";

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
