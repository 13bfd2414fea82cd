import type { Usage } from "#core/fleet/capacity.ts";
import type { Capabilities } from "#core/model/agent.ts";
import type { AgentId, EpochMs } from "#core/model/id.ts";
import type { Sighting } from "#core/ports/discovery.ts";
import type { PairedRecord } from "./paired-record.ts";

/** An agent that did what no agent does gets nothing to do for so long. */
const BLAMED_MS = 60_000;
/** Of what an agent says, as much as fits on a screen. */
const MAX_TEXT_LENGTH = 500;

/** What an agent did that no agent does, and until when it is blamed for it; monotonic. */
interface Blame {
  readonly reason: string;
  readonly untilMs: number;
}

export function toBlame(reason: string, nowMs: number): Blame {
  return { reason: cleanText(reason), untilMs: nowMs + BLAMED_MS };
}

/** Fit to be shown and logged, whoever wrote it. */
export function cleanText(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH).replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, " ");
}

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
  blame: Blame | null;
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
