import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { Chance } from "./chance.ts";
import type { TaskLuck } from "./errands.ts";
import type { MachinePlan } from "./machine.ts";
import type { NetworkSettings } from "./network.ts";
import { randomDefinition } from "./random-definition.ts";

/** Something that goes wrong at a time. Which machine it befalls is `at` times their number. */
export type Fault =
  | { readonly kind: "crash-app"; readonly atMs: number; readonly forMs: number }
  /** Killed in the middle of one of its next calls. */
  | { readonly kind: "kill-app"; readonly atMs: number; readonly forMs: number; readonly calls: number }
  | {
      readonly kind: "append";
      readonly atMs: number;
      readonly forMs: number;
      readonly trouble: "refused" | "torn" | "kept";
    }
  | { readonly kind: "crash-machine"; readonly atMs: number; readonly forMs: number; readonly at: number }
  | { readonly kind: "cut"; readonly atMs: number; readonly at: number; readonly isNoticed: boolean }
  | { readonly kind: "stall"; readonly atMs: number; readonly forMs: number; readonly at: number }
  /** The clock of the app's machine is set, or the machine sleeps for as long and everything else with it. */
  | { readonly kind: "step-clock"; readonly atMs: number; readonly byMs: number }
  | { readonly kind: "trouble"; readonly atMs: number; readonly forMs: number; readonly at: number };

/** What somebody does at a time, to the run and the node that `run` and `at` choose among those there are then. */
export interface Intent {
  readonly kind: IntentKind;
  readonly atMs: number;
  readonly run: number;
  readonly at: number;
}

export const NODE_INTENTS = [
  "retry",
  "skip",
  "complete",
  "approve",
  "deny",
  "cancel-node",
  "freeze-node",
  "drain-node",
  "resume-node",
] as const;
export const RUN_INTENTS = ["freeze", "drain", "resume", "cancel"] as const;
export const FLEET_INTENTS = ["unpair", "pair", "drain-agent", "undrain-agent"] as const;
export type IntentKind = (typeof NODE_INTENTS)[number] | (typeof RUN_INTENTS)[number] | (typeof FLEET_INTENTS)[number];

export interface PlannedRun {
  readonly definition: WorkflowDefinition;
  /** When somebody asks for it, by a workflow file; null: it is under way when the coordinator starts for the first time. */
  readonly askedMs: number | null;
}

/** All that a seed decides before anything happens; what happens then is decided by streams of chance named after the seed. */
export interface Scenario {
  readonly seed: number;
  readonly machines: readonly MachinePlan[];
  readonly network: NetworkSettings;
  readonly luck: TaskLuck;
  readonly runs: readonly PlannedRun[];
  readonly faults: readonly Fault[];
  readonly intents: readonly Intent[];
  /** How long things go wrong; then everything is mended and every run must end. */
  readonly troubleMs: number;
}

export function toScenario(seed: number): Scenario {
  const chance = new Chance(`seed ${String(seed)}`);
  const troubleMs = chance.pick([3_000, 8_000, 15_000, 30_000]);
  return {
    seed,
    machines: machinesOf(chance.fork("machines")),
    network: networkOf(chance.fork("network"), seed),
    luck: { failing: chance.pick([0, 0.1, 0.25, 0.5]), slow: chance.pick([0, 0.05, 0.2, 0.4]) },
    runs: runsOf(chance.fork("runs"), seed),
    faults: [...faultsOf(chance.fork("faults"), troubleMs), ...stepsOf(chance.fork("clock"), troubleMs)],
    intents: intentsOf(chance.fork("intents"), troubleMs),
    troubleMs,
  };
}

function machinesOf(chance: Chance): readonly MachinePlan[] {
  return Array.from({ length: 1 + chance.below(4) }, () => ({
    slots: 1 + chance.below(3),
    labels: chance.is(0.5) ? ["big"] : [],
    stopWhenCutOff: chance.is(0.15),
  }));
}

function networkOf(chance: Chance, seed: number): NetworkSettings {
  return {
    latencyMs: chance.pick([0.2, 1, 5, 40]),
    jitterMs: chance.pick([0, 20, 300]),
    congestion: chance.pick([0, 0, 0.01, 0.05]),
    isTyped: seed % 16 === 0,
  };
}

function runsOf(chance: Chance, seed: number): readonly PlannedRun[] {
  const count = chance.pick([1, 1, 1, 2, 2, 3]);
  return Array.from({ length: count }, (_, index) => ({
    definition: randomDefinition(chance.fork(`run ${String(index)}`)),
    askedMs: seed % 4 === 0 ? Math.round(chance.between(0, 1_500)) : null,
  }));
}

/** Most things happen early, when most is under way. */
function soon(chance: Chance, untilMs: number): number {
  return Math.round(chance.is(0.7) ? chance.between(0, Math.min(untilMs, 2_500)) : chance.between(0, untilMs));
}

function faultsOf(chance: Chance, untilMs: number): readonly Fault[] {
  const count = chance.pick([0, 1, 2, 4, 7]);
  const faults = Array.from({ length: count }, (): Fault => {
    const atMs = soon(chance, untilMs);
    const forMs = Math.round(chance.is(0.6) ? chance.between(0, 1_500) : chance.between(1_500, 25_000));
    const at = chance.next();
    switch (chance.below(8)) {
      case 0:
        return { kind: "crash-app", atMs, forMs };
      case 1:
      case 2:
        return { kind: "kill-app", atMs, forMs, calls: 1 + chance.below(12) };
      case 3:
        return { kind: "append", atMs, forMs, trouble: chance.pick(["refused", "torn", "kept"]) };
      case 4:
      case 5:
        return { kind: "crash-machine", atMs, forMs, at };
      case 6:
        return chance.is(0.7)
          ? { kind: "cut", atMs, at, isNoticed: chance.is(0.6) }
          : { kind: "trouble", atMs, forMs, at };
      default:
        return { kind: "stall", atMs, forMs, at };
    }
  });
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** An hour on or back, a night's sleep, a correction. */
function stepsOf(chance: Chance, untilMs: number): readonly Fault[] {
  const count = chance.pick([0, 0, 1, 3]);
  return Array.from({ length: count }, (): Fault => {
    const byMs = chance.pick([3_600_000, -3_600_000, 28_800_000, 5_000, -5_000, 700]);
    return { kind: "step-clock", atMs: soon(chance, untilMs), byMs };
  });
}

function intentsOf(chance: Chance, untilMs: number): readonly Intent[] {
  const count = chance.pick([0, 0, 2, 5, 10]);
  const intents = Array.from({ length: count }, (): Intent => {
    const kinds = chance.pick([RUN_INTENTS, RUN_INTENTS, NODE_INTENTS, NODE_INTENTS, NODE_INTENTS, FLEET_INTENTS]);
    // A run that is cancelled teaches nothing more.
    const drawn: IntentKind = chance.pick<IntentKind>(kinds);
    const kind = drawn === "cancel" && chance.is(0.6) ? "resume" : drawn;
    return { kind, atMs: soon(chance, untilMs), run: chance.next(), at: chance.next() };
  });
  return intents.sort((a, b) => a.atMs - b.atMs);
}
