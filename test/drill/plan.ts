import { Chance } from "../sim/chance.ts";

// A round as its seed decides it: the work, who does it, and what goes wrong when. Pure, so that a seed is the same round each time.

/** What can go wrong, and what people do meanwhile. docs/drill.md tells each in a sentence. */
export const KINDS = [
  "kill-coordinator",
  "kill-agent",
  "kill-spawner",
  "kill-both",
  "reboot",
  "card-down",
  "unplugged",
  "one-way",
  "flaky",
  "narrow",
  "split",
  "address",
  "sleep-agent",
  "sleep-app",
  "disk-full-agent",
  "disk-full-app",
  "damage-outcome",
  "damage-file",
  "damage-journal",
  "clock",
  "pause",
  "cancel",
] as const;
export type Kind = (typeof KINDS)[number];

export const AGENTS = ["amber", "birch", "cedar"] as const;
export type AgentName = (typeof AGENTS)[number];
export type MachineName = AgentName | "app";

export const WORKS = ["picture", "sort", "backup", "release", "steps"] as const;
export type WorkName = (typeof WORKS)[number];

export interface Trouble {
  readonly kind: Kind;
  readonly on: MachineName;
  /** After the run's start. */
  readonly atMs: number;
  /** Until it is mended. */
  readonly forMs: number;
  /** In [0, 1): decides the details, which depend on the kind. */
  readonly luck: number;
}

export interface Plan {
  readonly seed: number;
  readonly work: WorkName;
  readonly slots: number;
  readonly troubles: readonly Trouble[];
  /** How the processes are ended after the round. */
  readonly ending: "in-order" | "killed";
}

/** Kinds that befall the app's machine; all others befall one with an agent, or either. */
const OF_THE_APP: ReadonlySet<Kind> = new Set([
  "kill-coordinator",
  "sleep-app",
  "disk-full-app",
  "damage-journal",
  "pause",
  "cancel",
]);
const OF_EITHER: ReadonlySet<Kind> = new Set(["card-down", "unplugged", "one-way", "flaky", "narrow", "clock"]);
/** A round has one of these at most: each takes the whole run, or much of a round's time. */
const ONCE: ReadonlySet<Kind> = new Set(["cancel", "address", "damage-journal", "disk-full-app"]);
/** Chosen less often than the others, by their share of a full chance. */
const SHARE: Partial<Record<Kind, number>> = { cancel: 0.4, address: 0.5, "damage-journal": 0.6 };

const LEAST_TROUBLES = 2;
const MOST_TROUBLES = 5;
const LAST_START_MS = 4_000;
const SHORTEST_MS = 100;
const LONGEST_MS = 3_000;
/** Of the troubles with a link or a sleeping machine: long enough that the agent is given up, and its work goes elsewhere. */
const LOST_SHARE = 0.04;
const LOST_MS = 22_000;
const MAY_LOSE: ReadonlySet<Kind> = new Set(["card-down", "unplugged", "kill-agent", "sleep-agent"]);

/** `only` makes every trouble one of that kind. */
export function toPlan(seed: number, only: Kind | null): Plan {
  const chance = new Chance(`drill ${String(seed)}`);
  const count = LEAST_TROUBLES + chance.below(MOST_TROUBLES - LEAST_TROUBLES + 1);
  const troubles: Trouble[] = [];
  for (let index = 0; index < count; index += 1) {
    const kind = only ?? pickKind(chance, troubles);
    if (only !== null && ONCE.has(only) && index > 0) break;
    troubles.push(toTrouble(chance, kind));
  }
  return {
    seed,
    work: chance.pick(WORKS),
    slots: 1 + chance.below(3),
    troubles: troubles.sort((left, right) => left.atMs - right.atMs),
    ending: chance.is(0.5) ? "in-order" : "killed",
  };
}

function pickKind(chance: Chance, before: readonly Trouble[]): Kind {
  for (;;) {
    const kind = chance.pick(KINDS);
    if (ONCE.has(kind) && before.some((trouble) => trouble.kind === kind)) continue;
    if (chance.is(SHARE[kind] ?? 1)) return kind;
  }
}

function toTrouble(chance: Chance, kind: Kind): Trouble {
  const isLong = MAY_LOSE.has(kind) && chance.is(LOST_SHARE);
  return {
    kind,
    on: OF_THE_APP.has(kind) || (OF_EITHER.has(kind) && chance.is(0.3)) ? "app" : chance.pick(AGENTS),
    atMs: Math.round(chance.between(0, LAST_START_MS)),
    forMs: isLong ? LOST_MS : Math.round(chance.between(SHORTEST_MS, LONGEST_MS)),
    luck: chance.next(),
  };
}

export function tellTrouble({ kind, on, atMs, forMs, luck }: Trouble): string {
  return `${String(atMs).padStart(5)} ms  ${kind} on ${on} for ${String(forMs)} ms (luck ${luck.toFixed(3)})`;
}
