import type { NodePath } from "../model/id.ts";
import type { RunLine } from "../model/run.ts";
import { cleanText } from "./drawing.ts";
import type { MetricSummary } from "./metrics.ts";
import { padEnd, textWidth } from "./text-width.ts";
import { formatDuration } from "./timing-table.ts";

const HEADINGS = ["NODE", "METRIC", "VALUE"] as const;
const GAP = "  ";
const RUN_NAME = "(the run)";

/** A node with what it and all in it reported. */
export interface NodeMetrics {
  readonly path: NodePath;
  readonly metrics: readonly MetricSummary[];
}

/** What a run's nodes reported in the order of the run, the run itself first; nodes that say nothing are left out. Rule MET-1. */
export function inRunOrder(
  run: RunLine,
  totals: ReadonlyMap<NodePath, readonly MetricSummary[]>,
): readonly NodeMetrics[] {
  const known = ["" as NodePath, ...run.nodes.map(({ path }) => path)].filter((path) => totals.has(path));
  const seen = new Set(known);
  // Nodes of attempts that started over are no longer among the lines.
  const gone = [...totals.keys()].filter((path) => !seen.has(path)).sort();
  return [...known, ...gone].map((path) => ({ path, metrics: totals.get(path) ?? [] }));
}

/** The same for a terminal: a line for each metric, columns aligned. */
export function renderMetricsTable(nodes: readonly NodeMetrics[]): string {
  const body = nodes.flatMap(({ path, metrics }) =>
    metrics.map((metric) => [path === "" ? RUN_NAME : path, metric.name, describe(metric)].map(toCell)),
  );
  const rows = [HEADINGS, ...body];
  const widths = HEADINGS.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[column] ?? "")), 0),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => padEnd(cell, widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function toCell(text: string): string {
  return cleanText(text).replaceAll("\n", " ");
}

function describe(metric: MetricSummary): string {
  switch (metric.kind) {
    case "counter":
    case "gauge":
      return formatNumber(metric.value);
    case "text":
      return metric.text;
    case "histogram":
    case "timer": {
      const format = metric.kind === "timer" ? formatDuration : formatNumber;
      const { count, sum, min, max, p50, p90, p99 } = metric;
      if (count === 0) return "none";
      const quantiles = `half up to ${format(p50)}, 90 % up to ${format(p90)}, 99 % up to ${format(p99)}`;
      return `${count} from ${format(min)} to ${format(max)}, ${quantiles}, ${format(sum)} in all`;
    }
  }
}

const DIGITS = 4;

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(DIGITS)));
}
