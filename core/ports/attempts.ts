import type { AppId } from "../model/id.ts";
import type { AttemptKey, AttemptSpec } from "../model/attempt.ts";
import type { AttemptOutcome, TaskReport } from "../model/run.ts";

/** What an attempt says while it lives. Calls come in the order things happened, never inside a call to the attempt. */
export interface AttemptListener {
  /** It waited for its files and its turn before; `pid` is null for what is no process. */
  started(pid: number | null): void;
  /** Every process of it is stopped; it gets no CPU time. */
  suspended(): void;
  resumed(): void;
  report(report: TaskReport): void;
  /** There is more to read from `output`. */
  outputGrew(): void;
  /** Exactly once, when no process of it is left; its outcome is kept, and durable shortly after. Null: it was abandoned. */
  ended(outcome: AttemptOutcome | null): void;
}

/** Consecutive bytes of an attempt's output that came from one stream. */
export interface OutputPiece {
  readonly offset: number;
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

/** One attempt on this machine. Rule FLEET-10. */
export interface Attempt {
  /** Ends its process tree; it ends `cancelled` unless it ended by itself before. */
  stop(): void;
  /** Ends its process tree and leaves nothing: no outcome, no output, no file. */
  abandon(): void;
  /** Stops it in place, or keeps it from starting. What cannot be stopped goes on and says nothing. Rule RUN-3. */
  freeze(): void;
  thaw(): void;
  /** Output from `offset` on, at most `maxBytes`; empty when there is no more, or not yet. */
  readOutput(offset: number, maxBytes: number): Promise<readonly OutputPiece[]>;
  /** Its outcome was taken, and is kept no more. */
  settle(): Promise<void>;
  /** Removes its working directory and output as well. */
  forget(): Promise<void>;
}

/** What ended before this process started and was never settled. Rule RUN-8. */
export interface EndedAttempt {
  readonly app: AppId;
  readonly key: AttemptKey;
  readonly outcome: AttemptOutcome;
  readonly attempt: Attempt;
}

/** Carries attempts out. */
export interface AttemptRunner {
  start(app: AppId, spec: AttemptSpec, listener: AttemptListener): Attempt;
  /** Why nothing can run at present, or null. */
  trouble(): string | null;
}
