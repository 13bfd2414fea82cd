import type { AgentId, EpochMs, NodePath, RunId } from "./id.ts";

/** Rule FLEET-3. `failed`: it answers, but cannot work (its disk is full, its spawner died). */
export type NodeStatus = "online" | "busy" | "offline" | "failed";

/** What an agent says about its machine when a link opens. */
export interface Capabilities {
  readonly labels: readonly string[];
  readonly os: string;
  readonly arch: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  /** Programs of interest found on its PATH (`awk`, `ffmpeg`, `python3` …). */
  readonly programs: readonly string[];
  /** How many attempts it runs at once. */
  readonly slots: number;
  /** Whether it can stop processes in place; where not, a freeze becomes a drain with a visible note. */
  readonly canFreeze: boolean;
}

/** An agent as the app knows it: paired or only seen. Rule FLEET-3 and the `agents` line of the command line. */
export interface NodeInfo {
  readonly id: AgentId;
  readonly name: string;
  readonly fingerprint: string;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly paired: boolean;
  /** Order of pairing from 0, which gives it its colour; -1 when not paired. */
  readonly ordinal: number;
  readonly status: NodeStatus;
  /** Why it is not online, or what it says of itself; null when there is nothing to say. */
  readonly reason: string | null;
  readonly draining: boolean;
  readonly isThisMachine: boolean;
  readonly capabilities: Capabilities | null;
  readonly running: number;
  /** Load average of one minute divided by the number of CPUs; null when not known. */
  readonly load: number | null;
  readonly lastHeartbeat: EpochMs | null;
  readonly latencyMs: number | null;
  readonly version: string | null;
  /** How the person calls it, where that is not the name it gives itself. */
  readonly alias?: string | undefined;
  /** Labels the app has added to the agent's own; both count for `needs`. */
  readonly addedLabels?: readonly string[] | undefined;
  /** What it works on now, the newest last; at most as many as are worth drawing. Only of a paired agent. */
  readonly work?: readonly AgentWork[] | undefined;
}

/** One attempt that an agent holds. `isFrozen`: its processes are to stand still. */
export interface AgentWork {
  readonly run: RunId;
  readonly path: NodePath;
  readonly isFrozen: boolean;
}

/** How an agent was at one moment. `load` as in `NodeInfo`; `running` in slots. */
export interface AgentSample {
  readonly time: EpochMs;
  readonly load: number | null;
  readonly running: number;
}
