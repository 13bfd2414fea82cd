import type { Json } from "#core/base/json.ts";
import type { AttemptSpec } from "#core/model/attempt.ts";
import { toKeyText } from "#core/model/attempt.ts";
import type { NodeFailure, TaskReport } from "#core/model/run.ts";
import type { Chance } from "./chance.ts";

/** What an attempt does on a machine, and how it ends when it is left alone. */
export interface Errand {
  readonly runsForMs: number;
  readonly end:
    { readonly kind: "success"; readonly result: Json } | { readonly kind: "failure"; readonly failure: NodeFailure };
  readonly reports: readonly TaskReport[];
  /** How long it takes to end when it is told to. */
  readonly stopsInMs: number;
  readonly output: string;
}

/** How lucky tasks are. */
export interface TaskLuck {
  readonly failing: number;
  readonly slow: number;
}

const RESULTS: readonly Json[] = ["ok", "ok", 1, 2, 3, null, [1, 2], [], { a: 1 }, true];

/** The luck of an attempt depends on nothing but the seed and its key: the same attempt on another machine is another attempt. */
export function toErrand(chance: Chance, luck: TaskLuck, spec: AttemptSpec): Errand {
  const own = chance.fork(toKeyText(spec.key).slice(spec.key.run.length));
  const isSlow = own.is(luck.slow);
  const runsForMs = isSlow ? own.between(1_000, own.is(0.1) ? 40_000 : 6_000) : own.between(0, 250);
  const isFailing = own.is(luck.failing);
  const failure = { code: own.pick(["exit", "exit", "files", "signal"]), message: "it failed by chance" };
  const reports: TaskReport[] = [];
  if (own.is(0.1)) reports.push({ kind: "progress", progress: 0.5 });
  if (own.is(0.05)) reports.push({ kind: "metric", name: "m", value: { kind: "counter", value: 1 } });
  if (own.is(0.05)) reports.push({ kind: "custom", name: "c", data: { x: 1 } });
  if (own.is(0.05)) reports.push({ kind: "log", level: "info", message: "hello" });
  return {
    runsForMs,
    end: isFailing
      ? { kind: "failure", failure }
      : { kind: "success", result: spec.result === "none" ? null : own.pick(RESULTS) },
    reports,
    stopsInMs: own.is(0.1) ? 5_000 : own.between(0, 30),
    output: own.is(0.3) ? `output of ${toKeyText(spec.key)}\n` : "",
  };
}
