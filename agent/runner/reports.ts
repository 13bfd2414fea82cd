import * as z from "zod/mini";
import { isDeeperThan } from "#core/base/json.ts";
import type { TaskReport } from "#core/model/run.ts";
import { toReport } from "#core/protocol/convert.ts";
import { MAX_JSON_DEPTH } from "#core/protocol/limits.ts";
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
  const value = parseJson(text);
  // One level more: the report around its data. The checks below need a stack as deep as what they check.
  if (isDeeperThan(value, MAX_JSON_DEPTH + 1)) {
    return warning(`a report's data may be nested at most ${MAX_JSON_DEPTH} levels deep`, text);
  }
  const line = lineSchema.safeParse(value);
  const parsed = line.success ? reportSchema.safeParse(toWire(line.data)) : undefined;
  if (parsed?.success === true) return toReport(parsed.data);
  return warning(
    `expected a report such as {"progress":0.5}, {"metric":"name","value":1}, {"log":"text"} or {"event":"name"}`,
    text,
  );
}

function warning(expected: string, text: string): TaskReport {
  const message = `${expected}, found ${JSON.stringify(text.slice(0, MAX_SHOWN))}`;
  return { kind: "log", level: "warning", message };
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
