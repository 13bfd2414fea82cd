import type { AgentId, NodePath } from "../model/id.ts";
import type { NodeLine, NodeState } from "../model/run.ts";

/** One task on a machine's line, in milliseconds since the epoch. `end` is the present for what is not over. `wait` is where it began to wait. */
export interface GanttBar {
  readonly path: NodePath;
  readonly state: NodeState;
  readonly wait: number;
  readonly start: number;
  readonly end: number;
}

/** A machine and what ran on it, in as many rows as ran at once. */
export interface GanttLane {
  /** Null: work that no machine did, such as approvals. */
  readonly agent: AgentId | null;
  readonly rows: readonly (readonly GanttBar[])[];
  /** The share of its rows' time in which it worked. 0..1 */
  readonly busy: number;
}

export interface Gantt {
  readonly lanes: readonly GanttLane[];
  readonly start: number;
  readonly end: number;
}

/** The tasks that have begun, by machine in the order of their first work. Nothing is drawn twice, nothing overlaps in a row. */
export function toGantt(nodes: Iterable<NodeLine>, now: number): Gantt {
  const byAgent = new Map<AgentId | null, GanttBar[]>();
  const bars = [...nodes]
    .flatMap((node) => toBar(node, now) ?? [])
    .sort((left, right) => left.bar.start - right.bar.start);
  let start = now;
  let end = 0;
  for (const { agent, bar } of bars) {
    const list = byAgent.get(agent);
    if (list === undefined) byAgent.set(agent, [bar]);
    else list.push(bar);
    if (bar.wait < start) start = bar.wait;
    if (bar.end > end) end = bar.end;
  }
  const span = Math.max(end - start, 1);
  const lanes = [...byAgent].map(([agent, list]): GanttLane => {
    const rows = pack(list);
    const worked = list.reduce((sum, bar) => sum + (bar.end - bar.start), 0);
    return { agent, rows, busy: Math.min(1, worked / (rows.length * span)) };
  });
  return { lanes, start, end: end > start ? end : start + 1 };
}

function toBar(node: NodeLine, now: number): { readonly agent: AgentId | null; readonly bar: GanttBar } | null {
  if (node.action === null || node.startedAt === null) return null;
  const end = node.endedAt ?? now;
  const start = Math.min(node.startedAt, end);
  const wait = start - node.timing.wait;
  return { agent: node.agent, bar: { path: node.path, state: node.state, wait, start, end } };
}

/** Each bar into the first row that is free when it starts. */
function pack(bars: readonly GanttBar[]): readonly (readonly GanttBar[])[] {
  const rows: GanttBar[][] = [];
  for (const bar of bars) {
    const free = rows.find((row) => (row.at(-1)?.end ?? 0) <= bar.start);
    if (free === undefined) rows.push([bar]);
    else free.push(bar);
  }
  return rows;
}
