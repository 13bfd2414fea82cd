import type { AgentId } from "../model/id.ts";
import type { NodeLine, RunLine } from "../model/run.ts";
import { cleanText } from "./drawing.ts";
import { padEnd, padStart, textWidth } from "./text-width.ts";

const HEADINGS = ["NODE", "STATE", "AGENT", "WAIT", "EXECUTION", "TOTAL"] as const;
/** The first column that holds numbers, which stand to the right. */
const FIRST_NUMBER = 3;
const GAP = "  ";

/**
 * The nodes of a run with their times, for a terminal: one line each in document order, columns aligned also for Chinese and emoji.
 * `names` gives agents their names; one without stands by its id. Frozen time counts in the total only. Rule MET-1.
 */
export function renderTimingTable(run: RunLine, names: ReadonlyMap<AgentId, string> = new Map()): string {
  const rows: readonly (readonly string[])[] = [HEADINGS, ...run.nodes.map((node) => toRow(node, names))];
  const widths = HEADINGS.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[column] ?? "")), 0),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column < FIRST_NUMBER ? padEnd(cell, widths[column] ?? 0) : padStart(cell, widths[column] ?? 0),
      )
      .join(GAP)
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function toRow(node: NodeLine, names: ReadonlyMap<AgentId, string>): readonly string[] {
  const agent = node.agent === null ? "-" : (names.get(node.agent) ?? node.agent);
  const { wait, execution, total } = node.timing;
  const cells = [node.path, node.state, agent, formatDuration(wait), formatDuration(execution), formatDuration(total)];
  return cells.map((cell) => cleanText(cell).replaceAll("\n", " "));
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** `12 ms`, `3.4 s`, `5m 06s`, `2h 07m`. Whole milliseconds, not negative. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < MINUTE_MS) return `${(Math.floor(durationMs / 100) / 10).toFixed(1)} s`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  if (durationMs < HOUR_MS) return `${Math.floor(durationMs / MINUTE_MS)}m ${two((durationMs % MINUTE_MS) / 1_000)}s`;
  return `${Math.floor(durationMs / HOUR_MS)}h ${two((durationMs % HOUR_MS) / MINUTE_MS)}m`;
}
