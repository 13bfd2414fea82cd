import type { AttemptKey, AttemptSpec, ResolvedRequirements } from "../model/attempt.ts";
import type { AgentId, EpochMs, NodePath } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";

/** An attempt that waits for an agent. Give it one with the input `assigned`. */
export interface QueuedAttempt {
  readonly path: NodePath;
  readonly needs: ResolvedRequirements;
  /** What it reads from other nodes, so that an agent that has it can be preferred. */
  readonly files: readonly FileRef[];
  /** How many nodes follow one after the other once this one is done, itself included; longest first. */
  readonly remainingPath: number;
  readonly since: EpochMs;
  /** Rises with every attempt that a run queues: who came first. */
  readonly order: number;
  /** Agents that lost it before: taken only when no other fits. Rule FAULT-5. */
  readonly avoid: readonly AgentId[];
}

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
