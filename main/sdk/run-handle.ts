import type { Json } from "#core/base/json.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import type { PauseMode, RunLine } from "#core/model/run.ts";
import type { WorkflowResult } from "./engine.ts";
import type { WorkflowObserver } from "./observer.ts";

/** A run on a fleet: to be watched and steered. What the coordinator refuses is thrown as a `RefusedError` with its code. */
export interface RunHandle<Outputs = unknown> {
  readonly id: RunId;
  /** Settles when the run has ended and its files are home. A run that fails is a result; rejected is a lost coordinator. */
  readonly result: Promise<WorkflowResult<Outputs>>;
  /** Events up to now. */
  readonly events: readonly RunEvent[];
  /** Every event from the first one on, until the run has ended. */
  follow(): AsyncGenerator<RunEvent>;
  /** Is told everything from the first event on, also what has been. What it throws becomes an `Error` event of the run. Rule FAULT-7. */
  addObserver(observer: WorkflowObserver): this;
  /** The whole run as it is now. */
  show(): Promise<RunLine>;
  /** What a node's newest attempt has written so far. */
  log(path: string): Promise<string>;
  /** Of the run or of one node; `freeze`, the default, stops processes in place on every machine. Rule RUN-3. */
  pause(path?: string, mode?: PauseMode): Promise<void>;
  resume(path?: string): Promise<void>;
  cancel(path?: string): Promise<void>;
  retry(path: string): Promise<void>;
  skip(path: string): Promise<void>;
  complete(path: string, result: Json): Promise<void>;
  approve(path: string, approved?: boolean): Promise<void>;
}
