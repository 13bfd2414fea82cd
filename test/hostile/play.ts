import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Chance } from "#test/sim/chance.ts";
import type { FuzzKind, FuzzTarget } from "./fuzz-kind.ts";

/** No case may hold up the loop for longer. */
export const MAX_BLOCKED_MS = 100;
/** What a process may hold more after its cases than before, garbage taken away. */
export const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** A case that has not ended by then never will. */
const CASE_DEADLINE_MS = 20_000;
const MAX_FINDINGS = 20;

export interface Finding {
  readonly kind: string;
  /** The case, or null for what an honest peer met after a batch. */
  readonly number: number | null;
  readonly message: string;
}

export interface Played {
  cases: number;
  /** The longest a case kept the loop busy. */
  longestMs: number;
  readonly findings: Finding[];
}

export interface Cases {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}

/** The chance of one case; nothing else decides what happens in it. */
export function chanceOf(seed: number, kind: string, number: number): Chance {
  return new Chance(`${String(seed)}/${kind}/${String(number)}`);
}

/** Plays cases of one kind, batch by batch, and an honest peer after each. */
export async function playKind(kind: FuzzKind, { seed, first, count }: Cases): Promise<Played> {
  const played: Played = { cases: 0, longestMs: 0, findings: [] };
  const end = first + count;
  for (let start = first; start < end && played.findings.length < MAX_FINDINGS; start += kind.batch) {
    let target: FuzzTarget | undefined;
    try {
      target = await kind.open();
      for (let number = start; number < Math.min(end, start + kind.batch); number += 1)
        await playCase(kind, target, seed, number, played);
      await withDeadline(target.greet(), "the honest peer");
    } catch (error) {
      played.findings.push({
        kind: kind.name,
        number: null,
        message: `after case ${String(start)} on: ${toText(error)}`,
      });
    } finally {
      await target?.dispose();
    }
  }
  return played;
}

async function playCase(
  kind: FuzzKind,
  target: FuzzTarget,
  seed: number,
  number: number,
  played: Played,
): Promise<void> {
  played.cases += 1;
  const { mayBlockMs = MAX_BLOCKED_MS } = kind;
  try {
    let busyMs = await busyFor(() => target.play(chanceOf(seed, kind.name, number)));
    // Garbage of others and a busy machine count once, a slow case each time.
    for (let again = 0; again < 2 && busyMs > mayBlockMs; again += 1)
      busyMs = Math.min(busyMs, await playAlone(kind, seed, number));
    played.longestMs = Math.max(played.longestMs, busyMs);
    if (busyMs <= mayBlockMs) return;
    played.findings.push({ kind: kind.name, number, message: `the loop was held up for ${busyMs.toFixed(0)} ms` });
  } catch (error) {
    if (played.findings.length < MAX_FINDINGS)
      played.findings.push({ kind: kind.name, number, message: toText(error) });
  }
}

async function playAlone(kind: FuzzKind, seed: number, number: number): Promise<number> {
  const target = await kind.open();
  try {
    return await busyFor(() => target.play(chanceOf(seed, kind.name, number)));
  } finally {
    await target.dispose();
  }
}

const delays = monitorEventLoopDelay({ resolution: 5 });

/** How long the loop was held up at a time. */
async function busyFor(work: () => void | Promise<void>): Promise<number> {
  const cpuBefore = process.threadCpuUsage();
  const before = performance.now();
  const promise = work();
  const atOnceMs = performance.now() - before;
  if (promise !== undefined) {
    delays.reset();
    delays.enable();
    await withDeadline(promise, "the case");
    delays.disable();
  }
  const { user, system } = process.threadCpuUsage(cpuBefore);
  const delayMs = promise === undefined || delays.count === 0 ? 0 : delays.max / 1e6 - 5;
  return Math.min(Math.max(atOnceMs, delayMs), (user + system) / 1_000);
}

async function withDeadline(work: void | Promise<void>, what: string): Promise<void> {
  if (work === undefined) return;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${what} has not ended after ${String(CASE_DEADLINE_MS)} ms`)),
    CASE_DEADLINE_MS,
  );
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function toText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Bytes in use once garbage is gone. */
export function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") for (let times = 0; times < 3; times += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
