import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { eventually } from "#test/support/lines.ts";
import { Chance } from "../sim/chance.ts";
import type { Machine } from "./machine.ts";
import type { RoundWorld } from "./round-world.ts";

const HEADER_BYTES = 100;
const PAGE_BYTES = 4_096;
const END_MS = 10_000;
const JOURNAL = "journal.sqlite";

/** Damages what an agent that is down had kept for its app; the agent must set it aside by name, and the work be done again. */
export function damageOutcome(world: RoundWorld, machine: Machine, luck: number): void {
  damageOne(world, machine, "outbox/*.json", luck);
}

/** Damages a file that a task had made; whoever takes it must find out. */
export function damageFile(world: RoundWorld, machine: Machine, luck: number): void {
  damageOne(world, machine, "store/*/??/*", luck);
}

function damageOne(world: RoundWorld, machine: Machine, glob: string, luck: number): void {
  const chance = new Chance(`damage ${String(luck)}`);
  const names = globSync(glob, { cwd: machine.data }).sort();
  if (names.length === 0) return world.tell(`${machine.name} has no ${glob} to damage`);
  const file = path.join(machine.data, chance.pick(names));
  const mode = statSync(file).mode;
  chmodSync(file, 0o600);
  const how = damage(file, chance);
  chmodSync(file, mode);
  world.damaged.add(file);
  world.tell(`${how} ${file}`);
}

function damage(file: string, chance: Chance): string {
  const size = statSync(file).size;
  if (chance.is(0.4)) {
    truncateSync(file, chance.below(Math.max(1, size)));
    return "cut short";
  }
  const bytes = readFileSync(file);
  const at = chance.below(Math.max(1, size));
  bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
  writeFileSync(file, bytes);
  return `flipped a bit of byte ${String(at)} of`;
}

/**
 * Damages the journal of an app that is down, tries to start it, and puts the copy back that it took before. A coordinator that
 * starts over a damaged journal, or does not say which file it is, is a violation.
 */
export async function damageJournal(world: RoundWorld, machine: Machine, luck: number): Promise<void> {
  const chance = new Chance(`journal ${String(luck)}`);
  const file = path.join(machine.data, JOURNAL);
  const parts = ["", "-wal", "-shm"].map((ending) => `${file}${ending}`);
  for (const part of parts.filter((each) => existsSync(each))) cpSync(part, `${part}.copy`);
  // What is only in the log of the database would hide what happens to the file itself.
  const database = new DatabaseSync(file);
  database.exec("pragma wal_checkpoint(truncate)");
  database.close();
  // Closing takes the log away, which an app that was killed would miss.
  writeFileSync(`${file}-wal`, "");
  const how = spoil(file, chance);
  world.tell(`${how} ${file}`);
  const logged = machine.readLog().length;
  const started = machine
    .start((line) => /https?:\/\/\S+/.exec(line)?.[0])
    .then(
      () => true,
      () => false,
    );
  if (await started) {
    await machine.end("SIGKILL");
    world.violation(`the coordinator started over a journal that was ${how}`);
  } else {
    const said = machine.readLog().slice(logged);
    if (!said.includes(JOURNAL)) world.violation(`a journal that was ${how} was refused without being named: ${said}`);
    await eventually("it has ended", END_MS, () => Promise.resolve(machine.isUp ? undefined : true));
    machine.ownEnds.length = 0;
  }
  for (const part of parts) {
    rmSync(part, { force: true });
    if (existsSync(`${part}.copy`)) cpSync(`${part}.copy`, part);
    rmSync(`${part}.copy`, { force: true });
  }
}

function spoil(file: string, chance: Chance): string {
  const size = statSync(file).size;
  const way = chance.below(3);
  if (way === 0) {
    truncateSync(file, Math.floor(size / 2 / PAGE_BYTES) * PAGE_BYTES);
    return "cut in half";
  }
  const bytes = readFileSync(file);
  if (way === 1) {
    bytes.fill(0, 0, HEADER_BYTES);
    writeFileSync(file, bytes);
    return "robbed of its header";
  }
  // Each page but the first begins anew with what says what it is.
  for (let page = 1; page < size / PAGE_BYTES; page += 1)
    for (let at = 0; at < 16; at += 1) bytes[page * PAGE_BYTES + at] = chance.below(256);
  writeFileSync(file, bytes);
  return "written over with noise";
}
