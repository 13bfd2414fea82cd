import { writeSync } from "node:fs";
import type { Json } from "#core/base/json.ts";
import type { Millis } from "#core/model/id.ts";
import type { MetricValue } from "#core/model/run.ts";
import type { ScriptContext } from "#core/model/script-context.ts";
import type { ScriptOrder } from "./order.ts";

/** One report, as JSON: the agent reads no longer line. */
const MAX_REPORT_LENGTH = 64 * 1024;

type Report =
  | { readonly progress: number }
  | { readonly log: string; readonly level: string }
  | { readonly event: string; readonly data: Json }
  | { readonly metric: string; readonly type: MetricValue["kind"]; readonly value: unknown };

/** What the function is given beside its arguments. Rule NODE-10. */
export function createContext(
  order: ScriptOrder,
  environment: NodeJS.ProcessEnv,
  getSignal: () => AbortSignal,
): ScriptContext<AbortSignal> {
  const told = (name: string): string => environment[`LANWEAVE_${name}`] ?? "";
  const tell = (report: Report): void => send(order.reportFd, report);
  const metrics: Record<string, MetricValue> = {};
  const measure = (name: string, value: MetricValue, wire: unknown): void => {
    metrics[name] = value;
    tell({ metric: name, type: value.kind, value: wire });
  };
  const say = (level: string) => (message: string) =>
    tell({ log: String(message).slice(0, MAX_REPORT_LENGTH / 2), level });
  return {
    run: told("RUN"),
    workflow: told("WORKFLOW"),
    path: told("PATH"),
    level: Number(told("LEVEL")),
    state: "running",
    attempt: Number(told("ATTEMPT")),
    key: told("KEY"),
    agent: { id: told("AGENT_ID"), name: told("AGENT") },
    timing: {
      readyAt: order.readyAt,
      startedAt: Number(told("STARTED_AT")),
      elapsedMs: () => Math.round(performance.now()),
    },
    metrics,
    log: { debug: say("debug"), info: say("info"), warning: say("warning"), error: say("error") },
    metric: {
      counter: (name, value) => measure(name, { kind: "counter", value }, value),
      gauge: (name, value) => measure(name, { kind: "gauge", value }, value),
      histogram: (name, values) => measure(name, { kind: "histogram", values: [...values] }, values),
      timer: (name, durationMs) =>
        measure(name, { kind: "timer", durationMs: durationMs as Millis }, Math.round(durationMs)),
      text: (name, text) => measure(name, { kind: "text", text }, text),
    },
    get signal() {
      return getSignal();
    },
    progress: (fraction) => tell({ progress: fraction }),
    event(name, data = null) {
      const { length } = JSON.stringify(data);
      if (length > MAX_REPORT_LENGTH - 1_024 - name.length)
        throw new RangeError(
          `the data of the event "${name}" has ${length} characters as JSON, at most 64 KiB with its name can be reported`,
        );
      tell({ event: name, data });
    },
  };
}

/** At once, whole, and in order, so that a report made before a crash has arrived. */
function send(fd: number | null, report: Report): void {
  if (fd === null) return;
  const line = Buffer.from(`${JSON.stringify(report)}\n`);
  for (let at = 0; at < line.length;) at += writeSync(fd, line, at);
}
