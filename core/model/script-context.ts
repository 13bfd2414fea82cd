import type { CancelSignal } from "../base/cancel.ts";
import type { Json } from "../base/json.ts";
import type { MetricValue } from "./run.ts";

/**
 * What a `script` function is given beside its arguments: where in which run it is, and how to report. Reports go to the app at once, and
 * never fail: one that cannot be understood becomes a warning in the log of the node. Rule NODE-10.
 */
export interface ScriptContext<Signal extends CancelSignal = CancelSignal> {
  readonly run: string;
  /** The name of the workflow, or of the subworkflow, that the task is written in. */
  readonly workflow: string;
  readonly path: string;
  readonly level: number;
  readonly state: "running";
  /** Counts from 1. */
  readonly attempt: number;
  /** Run and path: the same for every attempt of the same node, for making things happen once. Rule FLEET-5. */
  readonly key: string;
  readonly agent: { readonly id: string; readonly name: string };
  readonly timing: ScriptTiming;
  /** What this attempt has reported so far, by name: the last value of each. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  readonly log: ScriptLog;
  readonly metric: ScriptMetrics;
  /** Aborted when the attempt is to end; 5 s later its process is killed. Who never asks for it is ended at once. Rule FAULT-6. */
  readonly signal: Signal;
  /** How far it is: 0 to 1. */
  progress(fraction: number): void;
  /** An event of the run's, of type `Custom`. Throws when `data` has more than 64 KiB as JSON. */
  event(name: string, data?: Json): void;
}

export interface ScriptTiming {
  /** When the node could first start, in ms since 1970 by the app's clock; null: not known. */
  readonly readyAt: number | null;
  /** When this process started, in ms since 1970 by the agent's clock. */
  readonly startedAt: number;
  /** Since then, in ms, frozen time included. */
  elapsedMs(): number;
}

export interface ScriptLog {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
}

export interface ScriptMetrics {
  counter(name: string, value: number): void;
  gauge(name: string, value: number): void;
  histogram(name: string, values: readonly number[]): void;
  /** In whole milliseconds. */
  timer(name: string, durationMs: number): void;
  text(name: string, text: string): void;
}
