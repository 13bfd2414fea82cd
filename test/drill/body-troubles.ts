import { globSync } from "node:fs";
import { eventually } from "#test/support/lines.ts";
import { stateOf } from "#test/support/processes.ts";
import { damageFile, damageJournal, damageOutcome } from "./damage.ts";
import { fillDisk } from "./disk.ts";
import { commandOf, signalQuietly, type Machine } from "./machine.ts";
import type { Trouble } from "./plan.ts";
import type { Mend, RoundWorld } from "./round-world.ts";

/** How soon the spawner must have ended everything after its agent was killed. */
const LAST_RITES_MS = 10_000;
/** How long an agent that is cut off may take to finish something. */
const GATHER_MS = 2_500;
const MOST_BOOT_S = 1_000_000;

/** Troubles with what runs on a machine, or with its disk. */
export async function troubleBody(world: RoundWorld, machine: Machine, trouble: Trouble): Promise<Mend> {
  switch (trouble.kind) {
    case "kill-coordinator":
    case "kill-agent":
      await machine.end("SIGKILL");
      if (trouble.kind === "kill-agent") await noneLeft(world, machine, "its agent was killed");
      return () => world.fleet.start(machine);
    case "kill-spawner": {
      const pid = machine.spawnerPid();
      if (pid !== undefined) signalQuietly(pid, "SIGKILL");
      return null;
    }
    case "kill-both": {
      const pid = machine.spawnerPid();
      if (pid !== undefined) signalQuietly(pid, "SIGKILL");
      await machine.end("SIGKILL");
      await noneLeft(world, machine, "its agent and its spawner were killed");
      return () => world.fleet.start(machine);
    }
    case "reboot":
      await machine.cutPower();
      return () => world.fleet.start(machine, Math.floor(trouble.luck * MOST_BOOT_S));
    case "sleep-agent":
    case "sleep-app":
      return sleep(machine);
    case "disk-full-agent":
    case "disk-full-app":
      return fillDisk(world, machine, trouble.luck);
    case "damage-outcome":
      await gatherOutcomes(machine);
      return whileDown(world, machine, () => damageOutcome(world, machine, trouble.luck));
    case "damage-file":
      await hasOne(machine, "store/*/??/*");
      return whileDown(world, machine, () => damageFile(world, machine, trouble.luck));
    case "damage-journal":
      await machine.end("SIGKILL");
      await damageJournal(world, machine, trouble.luck);
      return () => world.fleet.start(machine);
    case "clock":
      machine.setClock(Math.round((trouble.luck - 0.5) * 2 * 7_200_000));
      // Half of the clocks stay wrong.
      return trouble.luck < 0.5 ? null : () => Promise.resolve(machine.setClock(0));
    default:
      return null;
  }
}

async function whileDown(world: RoundWorld, machine: Machine, damage: () => void): Promise<Mend> {
  await machine.end("SIGKILL");
  await noneLeft(world, machine, "its agent was killed");
  damage();
  return () => world.fleet.start(machine);
}

/** Cuts the agent off until it has something to keep for its app, or has had time enough, and then kills it. */
function gatherOutcomes(machine: Machine): Promise<void> {
  return machine.links.take(async () => {
    for (const { lan, name } of machine.cards) await lan.setPort(machine.host, name, "unplugged");
    await hasOne(machine, "outbox/*.json");
    await machine.end("SIGKILL");
    for (const { lan, name } of machine.cards) await lan.setPort(machine.host, name, "open");
  });
}

/** Gives the machine time to have something that can be damaged. */
async function hasOne(machine: Machine, glob: string): Promise<void> {
  const look = (): true | undefined => (globSync(glob, { cwd: machine.data }).length > 0 ? true : undefined);
  // Without one there is nothing to damage, which the damaging tells.
  await eventually(`there is ${glob}`, GATHER_MS, () => Promise.resolve(look())).catch(() => undefined);
}

/** Nothing runs on when the agent is gone, however it went. */
async function noneLeft(world: RoundWorld, machine: Machine, why: string): Promise<void> {
  try {
    await eventually("no process is left", LAST_RITES_MS, () =>
      Promise.resolve(machine.pids().length === 0 ? true : undefined),
    );
  } catch {
    const left = machine.pids().map((pid) => `${String(pid)} ${commandOf(pid).slice(0, 100)}`);
    if (left.length > 0)
      world.violation(`${machine.name}: ${String(LAST_RITES_MS)} ms after ${why} there are still ${left.join("; ")}`);
  }
}

/** As a laptop sleeps: everything on the machine stops where it is. What stood still before stands still after. */
function sleep(machine: Machine): Mend {
  const stopped = new Set<number>();
  // What is forked meanwhile is caught by the next look.
  for (let found = true; found;) {
    found = false;
    for (const pid of machine.pids()) {
      if (stopped.has(pid) || stateOf(pid) === "T") continue;
      signalQuietly(pid, "SIGSTOP");
      stopped.add(pid);
      found = true;
    }
  }
  return () => {
    for (const pid of stopped) signalQuietly(pid, "SIGCONT");
    return Promise.resolve();
  };
}
