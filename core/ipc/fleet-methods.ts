import * as z from "zod/mini";
import type { AgentSample, NodeInfo } from "../model/agent.ts";
import type { AddressProbe, NetworkInterface } from "../model/network.ts";
import type { AgentId } from "../model/id.ts";
import { shortText } from "./params.ts";
import type { Replies } from "./shapes.ts";
import { agent, agentSample, count, nodeInfo, text } from "./shapes.ts";

// Machines.

const MAX_LABELS = 64;

export const fleetParams = {
  "fleet.list": z.object({}),
  /** `target` is an agent id, a name, or `address[:port]`. */
  "fleet.pair": z.object({ target: shortText, code: shortText }),
  "fleet.unpair": z.object({ target: shortText }),
  "fleet.drain": z.object({ target: shortText, draining: z.boolean() }),
  /** How the person calls it; empty: as it calls itself. */
  "fleet.rename": z.object({ target: shortText, name: shortText }),
  /** The labels that the app adds to the agent's own, all of them. */
  "fleet.label": z.object({ target: shortText, labels: z.array(shortText).check(z.maxLength(MAX_LABELS)) }),
  /** Load and use of every paired agent over the last hour, the oldest first. */
  "fleet.samples": z.object({}),
  /** Why a machine may not be seen: this machine's networks, whether anybody is heard, and what answers at an address. */
  "fleet.check": z.object({ address: z.nullable(shortText) }),
  /** Starts `count` agents on this machine, which pair by themselves over a private channel. */
  "fleet.start-local": z.object({
    count: z.int().check(z.minimum(1), z.maximum(64)),
    /** Again at every start of the app; default true. */
    keep: z.optional(z.boolean()),
  }),
  /** Ends the agents of this machine that are named, or all. */
  "fleet.stop-local": z.object({ agents: z.optional(z.array(shortText)) }),
} as const;

/** What `fleet.check` found. */
export interface FleetCheck {
  /** Whether this coordinator looks for agents on the network at all. */
  readonly isLooking: boolean;
  /** Agents that are heard on the network now. */
  readonly seen: number;
  readonly interfaces: readonly NetworkInterface[];
  /** Null when no address was asked for. */
  readonly probe: AddressProbe | null;
}

export interface FleetResults {
  readonly "fleet.list": readonly NodeInfo[];
  readonly "fleet.pair": { readonly agent: AgentId; readonly name: string; readonly fingerprint: string };
  readonly "fleet.unpair": { readonly agent: AgentId };
  readonly "fleet.drain": { readonly agent: AgentId };
  readonly "fleet.rename": { readonly agent: AgentId };
  readonly "fleet.label": { readonly agent: AgentId };
  readonly "fleet.samples": Readonly<Record<string, readonly AgentSample[]>>;
  readonly "fleet.check": FleetCheck;
  readonly "fleet.start-local": { readonly agents: readonly AgentId[] };
  readonly "fleet.stop-local": { readonly stopped: number };
}

const oneAgent = z.object({ agent });

export const fleetReplies: Replies<FleetResults> = {
  "fleet.list": z.array(nodeInfo),
  "fleet.pair": z.object({ agent, name: text, fingerprint: text }),
  "fleet.unpair": oneAgent,
  "fleet.drain": oneAgent,
  "fleet.rename": oneAgent,
  "fleet.label": oneAgent,
  "fleet.samples": z.record(z.string(), z.array(agentSample)),
  "fleet.check": z.object({
    isLooking: z.boolean(),
    seen: z.number(),
    interfaces: z.array(
      z.object({ name: text, addresses: z.array(text), kind: z.enum(["network", "virtual", "tunnel", "loopback"]) }),
    ),
    probe: z.nullable(
      z.object({
        address: text,
        outcome: z.enum(["answers", "refused", "silent", "unreachable", "unknown-name", "failed"]),
        message: text,
      }),
    ),
  }),
  "fleet.start-local": z.object({ agents: z.array(agent) }),
  "fleet.stop-local": z.object({ stopped: count }),
};
