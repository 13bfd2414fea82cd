import type { Usage } from "#core/fleet/capacity.ts";
import type { Capabilities } from "#core/model/agent.ts";
import type { AgentId, EpochMs } from "#core/model/id.ts";
import type { Sighting } from "#core/ports/discovery.ts";
import type { PairedRecord } from "./paired-record.ts";

/** What is known of one agent: from its pairing, from mDNS, from its link. */
export interface KnownAgent {
  readonly id: AgentId;
  paired: PairedRecord | null;
  sighting: Sighting | null;
  isOpen: boolean;
  /** The minor version of the protocol that it speaks. */
  minor: number;
  capabilities: Capabilities | null;
  load: number | null;
  running: number;
  version: string | null;
  trouble: string | null;
  /** Why the link is down, for people. */
  linkReason: string | null;
  lastHeartbeat: EpochMs | null;
  /** Monotonic. For a paired agent never heard of: when this coordinator began to wait for it. */
  lastHeardMs: number;
  latencyMs: number | null;
  used: Usage;
}

/** What an agent says of itself when its link opens. */
export interface AgentWelcome {
  readonly protocol: { readonly minor: number };
  readonly name: string;
  readonly version: string;
  readonly capabilities: Capabilities;
}
