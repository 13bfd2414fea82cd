import type { Json } from "#core/base/json.ts";

/** What an activity tells while it runs. */
export interface ActivityListener {
  started(pid: number | null): void;
  /** It is stopped in place; an activity that cannot be says nothing. */
  frozen(): void;
  thawed(): void;
  grew(): void;
  reported(line: string): void;
}

/** The doing itself of one attempt: a process, a request, a wait. */
export interface Activity {
  /** Resolves with the result, rejects with an `AttemptError`. Called once. */
  run(listener: ActivityListener): Promise<Json>;
  /** Ends it soon; `run` then resolves or rejects with whatever, which nobody reads. */
  stop(): void;
  /** Ends it now. */
  kill(): void;
  freeze(): void;
  thaw(): void;
}
