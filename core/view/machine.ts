import type { NodeInfo } from "../model/agent.ts";

/** Hues there are; the tokens `--machine-0` … `--machine-7` are the colours of Okabe and Ito. */
export const MACHINE_HUES = 8;

/** How a machine is told apart: a hue, and a pattern (0 plain) once the hues have all been used. */
export interface MachineLook {
  readonly hue: number;
  readonly pattern: number;
}

const PATTERNS = 3;

/** The look of a paired agent by its order of pairing; null for one that is only seen. */
export function machineLook(ordinal: number): MachineLook | null {
  if (ordinal < 0) return null;
  return { hue: ordinal % MACHINE_HUES, pattern: Math.floor(ordinal / MACHINE_HUES) % PATTERNS };
}

/** One or two signs for a name: `studio` ST, `render-node 2` R2, `工作室` 工. */
export function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const first = words[0] ?? "?";
  const last = words.at(-1) ?? first;
  if (/^\p{Script=Han}/u.test(first)) return [...first][0] ?? "?";
  const signs = words.length > 1 ? [...first].slice(0, 1).concat([...last].slice(0, 1)) : [...first].slice(0, 2);
  return signs.join("").toUpperCase();
}

/** A fingerprint in groups of four for reading aloud and comparing. */
export function groupFingerprint(fingerprint: string): readonly string[] {
  return fingerprint.match(/.{1,4}/g) ?? [];
}

/** What the fleet comes to at a glance. */
export interface FleetPulse {
  readonly paired: number;
  readonly reachable: number;
  readonly running: number;
  readonly slots: number;
  readonly unpaired: number;
}

/** Counts over the whole fleet; machines that are away bring no slots. */
export function fleetPulse(agents: Iterable<NodeInfo>): FleetPulse {
  const pulse = { paired: 0, reachable: 0, running: 0, slots: 0, unpaired: 0 };
  for (const agent of agents) {
    if (!agent.paired) {
      pulse.unpaired += 1;
      continue;
    }
    pulse.paired += 1;
    if (agent.status === "offline" || agent.status === "failed") continue;
    pulse.reachable += 1;
    pulse.running += agent.running;
    pulse.slots += agent.capabilities?.slots ?? 0;
  }
  return pulse;
}

/** Paired before only seen, in order of pairing, then by name. */
export function compareAgents(left: NodeInfo, right: NodeInfo): number {
  if (left.paired !== right.paired) return left.paired ? -1 : 1;
  if (left.paired && left.ordinal !== right.ordinal) return left.ordinal - right.ordinal;
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}
