import { mapGet } from "../base/persistent-map.ts";
import type { NodePath } from "../model/id.ts";
import type { Turn } from "./turn.ts";

/** Tells the agent that holds a node's attempt to end it. The event that ends the node makes it stale. */
export function stopAttempt(turn: Turn, path: NodePath, reason: string): void {
  const entry = mapGet(turn.state.live, path);
  if (entry === undefined) return;
  const key = { run: turn.state.run, path, fence: entry.fence };
  turn.commands.push({ kind: "stop", key, agent: entry.agent, reason });
}
