import type { NodeInfo } from "#core/model/agent.ts";
import type { AttemptKey } from "#core/model/attempt.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { AgentId, NodePath, RunId } from "#core/model/id.ts";
import type { RunHead } from "#core/model/run.ts";
import type { FleetHead, LogHead, LogPiece, OrderedNode } from "#core/ipc/topics.ts";

/** What watchers can see of the coordinator at this moment. Reading changes nothing. */
export interface Views {
  fleetHead(): FleetHead;
  agents(): readonly NodeInfo[];
  agent(id: AgentId): NodeInfo | null;
  heads(): readonly RunHead[];
  head(run: RunId): RunHead | null;
  nodes(run: RunId): readonly OrderedNode[];
  node(run: RunId, path: NodePath): OrderedNode | null;
  /** Oldest first. */
  events(run: RunId, after: number, limit: number): readonly RunEvent[];
  /** The newest attempt of a task node, or null before the first. */
  newestAttempt(run: RunId, path: NodePath): AttemptKey | null;
  logHead(run: RunId, path: NodePath): LogHead | null;
  logPieces(
    key: AttemptKey,
    offset: number,
    maxBytes: number,
  ): { readonly pieces: readonly LogPiece[]; readonly nextOffset: number };
}

/** What changed since watchers were told last. Collected over a turn or more, then told in one go. */
export class Changes {
  readonly agents = new Set<AgentId>();
  readonly runs = new Set<RunId>();
  readonly nodes = new Map<RunId, Set<NodePath>>();
  readonly logs = new Set<string>();
  readonly events = new Map<RunId, RunEvent[]>();
  isFleetHeadChanged = false;

  node(run: RunId, path: NodePath): void {
    const paths = this.nodes.get(run);
    if (paths) paths.add(path);
    else this.nodes.set(run, new Set([path]));
  }

  event(event: RunEvent): void {
    this.runs.add(event.run);
    const events = this.events.get(event.run);
    if (events) events.push(event);
    else this.events.set(event.run, [event]);
  }

  log(run: RunId, path: NodePath): void {
    this.logs.add(`${run}:${path}`);
  }
}
