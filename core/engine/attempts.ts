import type { AttemptKey, AttemptSpec, ResolvedRequirements } from "../model/attempt.ts";
import type { AgentId, EpochMs } from "../model/id.ts";

/** An attempt that an agent holds or should hold, and what it should be doing. */
export interface LiveAttempt {
  readonly key: AttemptKey;
  readonly agent: AgentId;
  readonly spec: AttemptSpec;
  readonly globs: readonly string[];
  readonly needs: ResolvedRequirements;
  readonly wanted: "running" | "suspended";
}

/** A timer the engine waits for; give it the input `timer` when its time has come. */
export interface EngineTimer {
  readonly timer: string;
  readonly at: EpochMs;
}
