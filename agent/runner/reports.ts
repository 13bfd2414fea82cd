import * as z from "zod/mini";
import type { TaskReport } from "#core/model/run.ts";
import { toReport } from "#core/protocol/convert.ts";
import { reportSchema } from "#core/protocol/messages.ts";

const MAX_SHOWN = 200;

const lineSchema = z.union([
  z.object({ progress: z.number() }),
  z.object({ metric: z.string(), value: z.unknown(), type: z.optional(z.string()) }),
  z.object({ log: z.string(), level: z.optional(z.string()) }),
  z.object({ event: z.string(), data: z.optional(z.unknown()) }),
]);
type Line = z.infer<typeof lineSchema>;

/**
 * One line that a task wrote to `$LANWEAVE_REPORT`: `{"progress":0.5}`, `{"metric":"rows","value":3,"type":"counter"}`,
 * `{"log":"text","level":"warning"}` or `{"event":"name","data":…}`. What is not understood becomes a warning, so that
 * who wrote it sees it. Rule NODE-10.
 */
export function toTaskReport(text: string): TaskReport {
  const line = lineSchema.safeParse(parseJson(text));
  const parsed = line.success ? reportSchema.safeParse(toWire(line.data)) : undefined;
  if (parsed?.success === true) return toReport(parsed.data);
  const shown = JSON.stringify(text.slice(0, MAX_SHOWN));
  return {
    kind: "log",
    level: "warning",
    message: `expected a report such as {"progress":0.5}, {"metric":"name","value":1}, {"log":"text"} or {"event":"name"}, found ${shown}`,
  };
}

function toWire(line: Line): unknown {
  if ("progress" in line) return { kind: "progress", progress: line.progress };
  if ("log" in line) return { kind: "log", level: line.level ?? "info", message: line.log };
  if ("event" in line) return { kind: "custom", name: line.event, data: line.data ?? null };
  return { kind: "metric", name: line.metric, value: toMetric(line.value, line.type) };
}

function toMetric(value: unknown, type: string | undefined): unknown {
  switch (type ?? (typeof value === "string" ? "text" : Array.isArray(value) ? "histogram" : "gauge")) {
    case "counter":
      return { kind: "counter", value };
    case "gauge":
      return { kind: "gauge", value };
    case "histogram":
      return { kind: "histogram", values: value };
    case "timer":
      return { kind: "timer", durationMs: value };
    case "text":
      return { kind: "text", text: value };
    default:
      return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
