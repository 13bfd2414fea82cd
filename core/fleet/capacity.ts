import type { Capabilities, NodeStatus } from "../model/agent.ts";
import type { ResolvedRequirements } from "../model/attempt.ts";
import type { AgentId } from "../model/id.ts";

/** What a scheduler knows of one paired agent. */
export interface AgentCapacity {
  readonly id: AgentId;
  readonly name: string;
  readonly ordinal: number;
  readonly status: NodeStatus;
  readonly draining: boolean;
  /** Null until its link was open once. */
  readonly capabilities: Capabilities | null;
  readonly used: Usage;
  /** Load average of one minute per CPU; 0 when not known. */
  readonly load: number;
  /** It takes nothing at present but the larger task that it is kept free for. */
  readonly isKeptFree?: boolean;
}

/** What the attempts on an agent have reserved. */
export interface Usage {
  readonly slots: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  readonly exclusive: boolean;
}

export const NOTHING_USED: Usage = { slots: 0, cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false };

/** `used` with one attempt more. */
export function reserve(used: Usage, needs: ResolvedRequirements): Usage {
  return {
    slots: used.slots + 1,
    cpus: used.cpus + needs.cpus,
    memoryBytes: used.memoryBytes + needs.memoryBytes,
    gpus: used.gpus + needs.gpus,
    exclusive: used.exclusive || needs.exclusive,
  };
}
