import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import path from "node:path";
import { eventually } from "#test/support/lines.ts";
import type { Machine } from "./machine.ts";
import type { Mend, RoundWorld } from "./round-world.ts";

/** More than an agent wants free, so that it works before the disk is filled. */
const DISK_MEGABYTES = 420;
const FILLER = "filler";
/** Less than an agent leaves free when it takes files, and enough for everything else. */
const NO_FILES_BYTES = 100 * 1024 * 1024;
const LAST_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
const END_MS = 10_000;

/** A small disk of its own for a machine's data, before it starts. */
export function mountDisk(machine: Machine): void {
  mkdirSync(machine.data, { recursive: true, mode: 0o700 });
  execFileSync("mount", [
    "-t",
    "tmpfs",
    "-o",
    `size=${String(DISK_MEGABYTES)}m,mode=0700`,
    "lanweave-drill",
    machine.data,
  ]);
}

/** Programs that were killed may take a moment to let go of it. */
export async function unmountDisk(machine: Machine): Promise<void> {
  await eventually(`the disk of ${machine.name} is unmounted`, END_MS, () =>
    Promise.resolve(spawnSync("umount", [machine.data]).status === 0 ? true : undefined),
  );
}

/** Fills the disk to the last byte, or to where an agent wants no more files; freed again by the mend. */
export function fillDisk(world: RoundWorld, machine: Machine, luck: number): Mend {
  const filler = path.join(machine.data, FILLER);
  const leftBytes = luck < 0.3 ? NO_FILES_BYTES : 0;
  fill(machine.data, filler, leftBytes);
  world.tell(`filled the disk of ${machine.name}, ${String(leftBytes)} bytes are left`);
  return async () => {
    rmSync(filler, { force: true });
    // A program that ended because of it said so, and is started again by whoever looks after the machine.
    if (machine.isUp) return;
    const said = machine.readLog().slice(-4_000);
    if (!/ENOSPC|no space|disk|full/i.test(said))
      world.violation(`${machine.name} ended on a full disk without saying so: ${said}`);
    machine.ownEnds.length = 0;
    await eventually("it has ended", END_MS, () => Promise.resolve(machine.isUp ? undefined : true));
    await world.fleet.start(machine);
  };
}

/** Others write meanwhile, so the last bytes are taken one piece after the other, until there are none. */
function fill(folder: string, filler: string, leftBytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const bytes = bavail * bsize - leftBytes - (leftBytes === 0 ? LAST_BYTES : 0);
  if (bytes > 0) execFileSync("fallocate", ["-l", String(bytes), filler]);
  if (leftBytes > 0) return;
  try {
    for (let at = 0; at < LAST_BYTES * 2; at += PIECE_BYTES) appendFileSync(filler, Buffer.alloc(PIECE_BYTES));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}
