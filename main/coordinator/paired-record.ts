import type { JsonObject } from "#core/base/json.ts";
import type { AgentId, EpochMs } from "#core/model/id.ts";

/** What the app remembers of an agent it is paired with. */
export interface PairedRecord {
  readonly id: AgentId;
  readonly name: string;
  readonly fingerprint: string;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly linkPort: number;
  readonly ordinal: number;
  readonly pairedAt: EpochMs;
  readonly draining: boolean;
  /** Started by the app on its own machine. */
  readonly isLocal: boolean;
  /** Of a local one: started again with the app. One that is not goes with the command that brought it. */
  readonly isKept: boolean;
  /** How the person calls it; absent or empty: as it calls itself. */
  readonly alias?: string;
  /** What the person has added to its own labels. */
  readonly labels?: readonly string[];
}

export function toRecord(record: PairedRecord): JsonObject {
  return { ...record };
}

/** Null when a field is missing or of a wrong type: the agent must then be paired again. */
export function parsePairedRecord(value: JsonObject): PairedRecord | null {
  const {
    id,
    name,
    fingerprint,
    addresses,
    port,
    linkPort,
    ordinal,
    pairedAt,
    draining,
    isLocal,
    isKept,
    alias,
    labels,
  } = value;
  if (typeof id !== "string" || typeof name !== "string" || typeof fingerprint !== "string") return null;
  if (typeof port !== "number" || typeof linkPort !== "number" || typeof ordinal !== "number") return null;
  if (typeof pairedAt !== "number" || typeof draining !== "boolean" || typeof isLocal !== "boolean") return null;
  if (!Array.isArray(addresses) || !addresses.every((address) => typeof address === "string")) return null;
  return {
    id: id as AgentId,
    name,
    fingerprint,
    addresses,
    port,
    linkPort,
    ordinal,
    pairedAt: pairedAt as EpochMs,
    draining,
    isLocal,
    isKept: isKept === true,
    ...(typeof alias === "string" && alias !== "" ? { alias } : {}),
    ...(Array.isArray(labels) ? { labels: labels.filter((label) => typeof label === "string") } : {}),
  };
}
