import type { CancelSignal } from "#core/base/cancel.ts";
import type { Json, JsonObject } from "#core/base/json.ts";
import { toNodeLine } from "#core/engine/queries.ts";
import { nodeAt } from "#core/engine/records.ts";
import { scopeOf } from "#core/engine/scope.ts";
import type { RunState } from "#core/engine/state.ts";
import type { AttemptSpec } from "#core/model/attempt.ts";
import type { Millis } from "#core/model/id.ts";
import type { LogLevel, MetricValue, NodeLine, TaskReport } from "#core/model/run.ts";
import type { WorkflowContext, WorkflowLogger, WorkflowMetrics, WorkflowVariables } from "./context.ts";
import { RefusedError } from "./errors.ts";
import type { AnyScope } from "./scope.ts";
import { toJson } from "./to-json.ts";

/** A run as one of its attempts reaches it. */
export interface AttemptAccess {
  readonly spec: AttemptSpec;
  readonly signal: CancelSignal;
  /** Variables that the attempt has written so far. */
  readonly written: Map<string, Json>;
  state(): RunState;
  report(report: TaskReport): void;
}

export type TaskContext = WorkflowContext<AnyScope, JsonObject>;

/** The context of one attempt. What it shows of the run is as of now, not as of its start. */
export function makeContext(access: AttemptAccess): TaskContext {
  const { spec, signal } = access;
  const { run, path } = spec.key;
  const record = () => nodeAt(access.state(), path);
  const scope = () => scopeOf(access.state(), record());
  const line = (): NodeLine => {
    const found = toNodeLine(access.state(), path);
    if (found === undefined) throw new RefusedError("gone", `${path} is no node of the run any more`);
    return found;
  };
  const first = scope();
  const reported: Record<string, MetricValue> = {};
  const dependsOn = record().definition?.dependsOn ?? [];
  return {
    run,
    workflow: spec.workflow,
    path,
    level: spec.level,
    attempt: spec.attempt,
    get state() {
      return line().state;
    },
    get timing() {
      return line().timing;
    },
    inputs: first.inputs,
    variables: makeVariables(access, () => scope().variables),
    results: Object.fromEntries(dependsOn.map((id) => [id, first.nodes[id]?.result ?? null])),
    node: (id) => scope().nodes[id],
    args: spec.action.kind === "script" ? spec.action.args : null,
    item: first.item,
    index: first.index,
    iteration: first.iteration,
    previous: first.previous,
    metrics: reported,
    metric: makeMetrics(access, reported),
    log: makeLogger(access),
    signal,
    progress: (progress) => access.report({ kind: "progress", progress }),
    event(name, data = null) {
      const plain = toJson(data);
      if (!plain.ok) throw new RefusedError("no-json", `the event "${name}": ${plain.error}`);
      access.report({ kind: "custom", name, data: plain.value });
    },
  };
}

function makeVariables(access: AttemptAccess, present: () => JsonObject): WorkflowVariables<JsonObject> {
  const check = (name: string): void => {
    if (Object.hasOwn(present(), name) || access.written.has(name)) return;
    const known = Object.keys(present());
    const has = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
    throw new RefusedError(
      "unknown-variable",
      `the workflow has no variable "${name}"; ${has}: name it in "variables"`,
    );
  };
  return {
    get(name) {
      check(name);
      return access.written.get(name) ?? present()[name] ?? null;
    },
    set(name, value) {
      check(name);
      const plain = toJson(value);
      if (!plain.ok) throw new RefusedError("no-json", `the variable "${name}": ${plain.error}`);
      access.written.set(name, plain.value);
    },
  };
}

function makeMetrics({ report }: AttemptAccess, reported: Record<string, MetricValue>): WorkflowMetrics {
  const say = (name: string, value: MetricValue): void => {
    reported[name] = value;
    report({ kind: "metric", name, value });
  };
  return {
    counter: (name, value) => say(name, { kind: "counter", value }),
    gauge: (name, value) => say(name, { kind: "gauge", value }),
    histogram: (name, values) => say(name, { kind: "histogram", values }),
    timer: (name, durationMs) => say(name, { kind: "timer", durationMs: Math.round(durationMs) as Millis }),
    text: (name, text) => say(name, { kind: "text", text }),
  };
}

function makeLogger({ report }: AttemptAccess): WorkflowLogger {
  const write = (level: LogLevel) => (message: string) => report({ kind: "log", level, message });
  return { debug: write("debug"), info: write("info"), warning: write("warning"), error: write("error") };
}
