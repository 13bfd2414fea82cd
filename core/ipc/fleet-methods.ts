import * as z from "zod/mini";
import type { NodeInfo } from "../model/agent.ts";
import type { AgentId } from "../model/id.ts";
import { shortText } from "./params.ts";
import type { Replies } from "./shapes.ts";
import { agent, count, nodeInfo, text } from "./shapes.ts";

// Machines.

export const fleetParams = {
  "fleet.list": z.object({}),
  /** `target` is an agent id, a name, or `address[:port]`. */
  "fleet.pair": z.object({ target: shortText, code: shortText }),
  "fleet.unpair": z.object({ target: shortText }),
  "fleet.drain": z.object({ target: shortText, draining: z.boolean() }),
  /** Starts `count` agents on this machine, which pair by themselves over a private channel. */
  "fleet.start-local": z.object({
    count: z.int().check(z.minimum(1), z.maximum(64)),
    /** Again at every start of the app; default true. */
    keep: z.optional(z.boolean()),
  }),
  /** Ends the agents of this machine that are named, or all. */
  "fleet.stop-local": z.object({ agents: z.optional(z.array(shortText)) }),
} as const;

export interface FleetResults {
  readonly "fleet.list": readonly NodeInfo[];
  readonly "fleet.pair": { readonly agent: AgentId; readonly name: string; readonly fingerprint: string };
  readonly "fleet.unpair": { readonly agent: AgentId };
  readonly "fleet.drain": { readonly agent: AgentId };
  readonly "fleet.start-local": { readonly agents: readonly AgentId[] };
  readonly "fleet.stop-local": { readonly stopped: number };
}

const oneAgent = z.object({ agent });

export const fleetReplies: Replies<FleetResults> = {
  "fleet.list": z.array(nodeInfo),
  "fleet.pair": z.object({ agent, name: text, fingerprint: text }),
  "fleet.unpair": oneAgent,
  "fleet.drain": oneAgent,
  "fleet.start-local": z.object({ agents: z.array(agent) }),
  "fleet.stop-local": z.object({ stopped: count }),
};
