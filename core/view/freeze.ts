import type { AgentId, NodePath } from "../model/id.ts";
import type { RunHead } from "../model/run.ts";
import type { ViewNode } from "./view-node.ts";

/** What a pause has reached: processes stopped on how many machines, and which machines have not confirmed yet. */
export interface FreezeReport {
  readonly processes: number;
  readonly machines: number;
  /** Machines on which something still runs, with how many. Empty once the freeze is complete. */
  readonly unconfirmed: readonly { readonly agent: AgentId; readonly running: number }[];
}

/** Reads the freeze off a paused run; null for a run that is not paused. Rule RUN-3. */
export function freezeReport(head: RunHead, nodes: ReadonlyMap<NodePath, ViewNode>): FreezeReport | null {
  if (head.state !== "paused") return null;
  const frozenOn = new Set<AgentId>();
  const runningOn = new Map<AgentId, number>();
  for (const node of nodes.values()) {
    if (node.type !== "task" || node.agent === null) continue;
    if (node.state === "suspended") frozenOn.add(node.agent);
    if (node.state === "running") runningOn.set(node.agent, (runningOn.get(node.agent) ?? 0) + 1);
  }
  const unconfirmed = [...runningOn].map(([agent, running]) => ({ agent, running }));
  return { processes: head.frozen, machines: frozenOn.size, unconfirmed };
}
