import type { AgentId, NodePath } from "../model/id.ts";
import { isFinalNode } from "./mark.ts";
import type { ViewNode } from "./view-node.ts";
import { compareOrder } from "./view-node.ts";

/** One finished task of a timing table, in milliseconds. */
export interface TimingRow {
  readonly path: NodePath;
  readonly agent: AgentId | null;
  readonly wait: number;
  readonly execution: number;
  readonly total: number;
  /** Share of the longest total in the table, 0..1, for a bar. */
  readonly share: number;
}

export type TimingOrder = "document" | "wait" | "execution" | "total";

/** Finished tasks that ran, sorted: longest first, or in document order. Rule MET-1. */
export function timingRows(nodes: Iterable<ViewNode>, order: TimingOrder): readonly TimingRow[] {
  const tasks = [...nodes].filter((node) => node.type === "task" && isFinalNode(node.state) && node.startedAt !== null);
  const longest = Math.max(1, ...tasks.map((node) => node.timing.total));
  const compare = (left: ViewNode, right: ViewNode): number => {
    const difference = order === "document" ? 0 : right.timing[order] - left.timing[order];
    return difference === 0 ? compareOrder(left.order, right.order) : difference;
  };
  return tasks.sort(compare).map((node) => ({
    path: node.path,
    agent: node.agent,
    wait: node.timing.wait,
    execution: node.timing.execution,
    total: node.timing.total,
    share: node.timing.total / longest,
  }));
}

/** What a timing table adds up to, in all and by machine, busiest first. */
export interface TimingSummary {
  readonly executionMs: number;
  readonly byAgent: readonly { readonly agent: AgentId; readonly tasks: number; readonly executionMs: number }[];
}

/** Adds up a timing table. Tasks without a machine count in the total only. */
export function timingSummary(rows: readonly TimingRow[]): TimingSummary {
  const byAgent = new Map<AgentId, { agent: AgentId; tasks: number; executionMs: number }>();
  let executionMs = 0;
  for (const row of rows) {
    executionMs += row.execution;
    if (row.agent === null) continue;
    const sum = byAgent.get(row.agent) ?? { agent: row.agent, tasks: 0, executionMs: 0 };
    byAgent.set(row.agent, { agent: row.agent, tasks: sum.tasks + 1, executionMs: sum.executionMs + row.execution });
  }
  return { executionMs, byAgent: [...byAgent.values()].sort((left, right) => right.executionMs - left.executionMs) };
}
