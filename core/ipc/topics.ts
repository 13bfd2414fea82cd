import type { NodeInfo } from "../model/agent.ts";
import type { RunEvent } from "../model/event.ts";
import type { AgentId, NodePath, RunId } from "../model/id.ts";
import type { NodeLine, RunHead } from "../model/run.ts";

/** What can be watched: its name, its header, its items and their key. Shapes of what the coordinator sends; see `frames.ts`. */
export interface Topics {
  /** Agents paired or seen, keyed by `id`. */
  readonly fleet: { readonly head: FleetHead; readonly item: NodeInfo; readonly key: AgentId };
  /** Every run, keyed by `run`. */
  readonly runs: { readonly head: null; readonly item: RunHead; readonly key: RunId };
  /** `run:RUN`: its nodes keyed by `path`; `order` of the items is the document order of the snapshot, new ones carry `order`. */
  readonly run: { readonly head: RunHead; readonly item: OrderedNode; readonly key: NodePath };
  /** `log:RUN:PATH`: pieces of output of the node's newest attempt, keyed by `offset` as text. Only ever grows; restarts with the attempt. */
  readonly log: { readonly head: LogHead; readonly item: LogPiece; readonly key: string };
  /** `events:RUN`: the newest 1,000 and what follows, keyed by `seq` as text. */
  readonly events: { readonly head: null; readonly item: RunEvent; readonly key: string };
}

/** `order` sorts the nodes of a run in document order (compare as numbers, part by part). */
export interface OrderedNode extends NodeLine {
  readonly order: readonly number[];
}

export interface FleetHead {
  readonly appId: string;
  readonly appName: string;
  /** The name of the machine the coordinator runs on. */
  readonly machine: string;
  /** Whether this machine's own agent runs (started by the app). */
  readonly localAgents: number;
  /** Why nothing can be decided at present (a full disk), and what to do; null or absent: all is well. */
  readonly trouble?: { readonly code: string; readonly message: string } | null | undefined;
}

export interface LogHead {
  readonly run: RunId;
  readonly path: NodePath;
  readonly attempt: number;
  /** Bytes known to exist, which may be more than are shown. */
  readonly sizeBytes: number;
  /** True when the attempt has ended and all is here. */
  readonly complete: boolean;
}

export interface LogPiece {
  readonly offset: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** Topic names as the client writes them. Paths may hold any sign of an id, `/`, `[` and `]`, never `:`. */
export const topicName = {
  fleet: "fleet",
  runs: "runs",
  run: (run: RunId): string => `run:${run}`,
  log: (run: RunId, path: NodePath): string => `log:${run}:${path}`,
  events: (run: RunId): string => `events:${run}`,
} as const;
