import { randomFillSync } from "node:crypto";
import { openSync, closeSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { BenchFleet } from "./fleet.ts";
import type { Measures } from "./figure.ts";
import { bareTlsMbPerSecond } from "./bare-tls.ts";

const MIB = 1024 * 1024;
let made = 0;

/** A file of `size` MiB that no agent has, brought to one: with its hash taken on both sides and made durable there. */
export async function files(fleet: BenchFleet, size: number): Promise<Measures> {
  const name = `file-${String((made += 1))}`;
  writeRandom(join(fleet.folder, name), size);
  const empty = await elapsedMs(() => fleet.run([{ id: "t", type: "task", noop: {} }]));
  const ms = await elapsedMs(() => fleet.run([{ id: "t", type: "task", noop: {}, files: { in: [name] } }]));
  const mb = (size * MIB) / 1e6;
  const rate = mb / ((ms - empty) / 1_000);
  return { mb_per_second: rate, ratio_to_bare_tls: rate / (await bareTlsMbPerSecond(size * MIB)) };
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Every MiB is another, so that nothing on the way can be clever. */
function writeRandom(path: string, size: number): void {
  const file = openSync(path, "w", 0o600);
  const chunk = Buffer.alloc(MIB);
  try {
    for (let index = 0; index < size; index += 1) writeSync(file, randomFillSync(chunk));
  } finally {
    closeSync(file);
  }
}
