import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ROOT } from "./check-sources.ts";

// `npm run sim -- --seeds 10000`: random workflows on a simulated LAN in which everything breaks (docs/simulation.md). The seeds are
// shared among processes; a seed that fails is told with how to play it again. `npm run sim -- --seed 7` plays one and tells all of it.

const MAIN = join(ROOT, "test", "sim", "main.ts");
const DEFAULT_SEEDS = 1_000;
const DEFAULT_JOBS = 2;

interface Figures {
  seeds: number;
  failed: number;
  runs: number;
  events: number;
  steps: number;
  virtualMs: number;
}

interface Job {
  readonly exitCode: number;
  readonly figures: Figures | null;
}

function readOptions(): {
  readonly seeds: number;
  readonly first: number;
  readonly jobs: number;
  readonly seed: number | null;
} {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: String(DEFAULT_SEEDS) },
      first: { type: "string", default: "1" },
      jobs: { type: "string", default: String(DEFAULT_JOBS) },
      seed: { type: "string" },
    },
  });
  const seed = values.seed === undefined ? null : toNumber("seed", values.seed);
  return {
    seeds: toNumber("seeds", values.seeds),
    first: toNumber("first", values.first),
    jobs: Math.max(1, toNumber("jobs", values.jobs)),
    seed,
  };
}

function toNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name}: expected a whole number from 0 on, found "${text}"`);
}

/** Plays some seeds in a process of their own, and tells which failed. */
function play(args: readonly string[], told: (line: string) => void): Promise<Job> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let figures: Figures | null = null;
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const parsed = line.startsWith('{"kind":"figures"') ? (JSON.parse(line) as Figures) : null;
    if (parsed !== null) figures = parsed;
    else told(line);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? 1, figures }));
  });
}

function tell(line: string): void {
  if (!line.startsWith('{"kind":"failure"')) return console.log(line);
  const { seed, message, minimal } = JSON.parse(line) as { seed: number; message: string; minimal: string | null };
  console.log(`\nseed ${String(seed)}: ${message}`);
  if (minimal !== null) console.log(minimal);
  console.log(`again, with all that happened: npm run sim -- --seed ${String(seed)}`);
}

async function main(): Promise<void> {
  const { seeds, first, jobs, seed } = readOptions();
  const start = performance.now();
  const shares = seed === null ? share(first, seeds, jobs) : [["--first", String(seed), "--count", "1", "--log"]];
  const done = await Promise.all(shares.map((args) => play(args, tell)));
  const seconds = (performance.now() - start) / 1000;
  const total: Figures = { seeds: 0, failed: 0, runs: 0, events: 0, steps: 0, virtualMs: 0 };
  for (const { figures } of done)
    for (const name of ["seeds", "failed", "runs", "events", "steps", "virtualMs"] as const)
      total[name] += figures?.[name] ?? 0;
  const rate = (total.seeds / seconds).toFixed(1);
  const days = (total.virtualMs / 86_400_000).toFixed(1);
  console.log(
    `${String(total.seeds)} seeds, ${String(total.failed)} failed, in ${seconds.toFixed(1)} s (${rate} seeds/s)`,
  );
  console.log(
    `${String(total.runs)} runs, ${String(total.events)} events, ${String(total.steps)} steps, ${days} days of virtual time`,
  );
  if (total.failed > 0 || done.some(({ exitCode, figures }) => exitCode !== 0 || figures === null))
    process.exitCode = 1;
}

function share(first: number, seeds: number, jobs: number): readonly (readonly string[])[] {
  const each = Math.ceil(seeds / jobs);
  return Array.from({ length: jobs }, (_, job) => {
    const count = Math.max(0, Math.min(each, seeds - job * each));
    return ["--first", String(first + job * each), "--count", String(count)];
  });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
