import type { Capabilities, NodeStatus } from "#core/model/agent.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { OFFLINE_AFTER_MS } from "#core/protocol/limits.ts";
import type { KnownAgent } from "./known-agent.ts";

// What follows from what is known of an agent; times are monotonic.

const WHAT_NOW = "if you reinstalled it, unpair it and pair it again; else somebody may be posing as it";

export function nameOf({ id, paired, sighting }: KnownAgent): string {
  return paired?.alias ?? paired?.name ?? sighting?.name ?? id;
}

export function silenceMs({ lastHeardMs }: KnownAgent, nowMs: number): number {
  return nowMs - lastHeardMs;
}

export function statusOf(agent: KnownAgent, nowMs: number): NodeStatus {
  if (agent.paired === null) return agent.sighting === null ? "offline" : "online";
  if (!agent.isOpen || silenceMs(agent, nowMs) > OFFLINE_AFTER_MS) return "offline";
  if (troubleOf(agent, nowMs) !== null) return "failed";
  return agent.running >= (agent.capabilities?.slots ?? Infinity) ? "busy" : "online";
}

function troubleOf({ blame, trouble }: KnownAgent, nowMs: number): string | null {
  return blame !== null && blame.untilMs > nowMs ? blame.reason : trouble;
}

/** Why it is as it is, for people. `findDouble` looks for one that is not paired and goes by the same name. */
export function reasonOf(agent: KnownAgent, findDouble: () => KnownAgent | undefined, nowMs: number): string | null {
  const { paired, sighting, linkReason } = agent;
  if (paired !== null && sighting !== null && paired.fingerprint !== sighting.fingerprint)
    return `the key of ${paired.name} changed since it was paired: ${WHAT_NOW}`;
  const status = statusOf(agent, nowMs);
  if (status === "failed") return troubleOf(agent, nowMs);
  if (status !== "offline") return null;
  const double = paired === null ? undefined : findDouble();
  if (double === undefined) return linkReason;
  const why = linkReason === null ? "" : `${linkReason}; `;
  return `${why}another agent named ${nameOf(agent)}, with another key, is on the network (${double.id}): ${WHAT_NOW}`;
}

/** Where to reach it: what mDNS says now comes before where it was paired. Only a paired agent has a target. */
export function targetOf(agent: KnownAgent): LinkTarget | null {
  const { id, paired, sighting } = agent;
  if (paired === null) return null;
  const isSame = sighting !== null && sighting.fingerprint === paired.fingerprint;
  const addresses = isSame ? [...new Set([...sighting.addresses, ...paired.addresses])] : paired.addresses;
  const { port, linkPort } = isSame ? sighting : paired;
  const target = { id, fingerprint: paired.fingerprint, name: nameOf(agent), addresses, port, linkPort };
  const before = { addresses: paired.addresses, port: paired.port, linkPort: paired.linkPort };
  return isSame ? { ...target, before } : target;
}

/** What the scheduler goes by: the agent's own labels, and those the person has added. */
export function withLabels({ capabilities, paired }: KnownAgent): Capabilities | null {
  if (capabilities === null || paired?.labels === undefined) return capabilities;
  return { ...capabilities, labels: [...new Set([...capabilities.labels, ...paired.labels])] };
}
