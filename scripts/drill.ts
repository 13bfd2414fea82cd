import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, needsBuild } from "./build.ts";
import { ROOT } from "./check-sources.ts";

// `npm run drill -- --rounds 200 --jobs 2`: bad days on real processes in network namespaces (docs/drill.md). Each round is a process of
// its own, made from its seed; one that fails is told with its schedule, its seed and where everything of it is kept.

/** Rounds under way: ended with the drill, so that they take their namespaces and mounts away. */
const PLAYING = new Set<ChildProcess>();
const MAIN = join(ROOT, "test", "drill", "main.ts");
const DEFAULT_ROUNDS = 10;
const DEFAULT_JOBS = 2;
/** A round that hangs must not hang the drill. */
const ROUND_DEADLINE_MS = 300_000;
/** Time for a round to take its namespaces and mounts away, when it is ended. */
const CLEAN_UP_MS = 15_000;

interface Report {
  readonly kind: "round";
  readonly seed: number;
  readonly work: string;
  readonly state: string;
  readonly violations: readonly string[];
  readonly faults: Readonly<Record<string, number>>;
  readonly recoveryMs: number | null;
  readonly totalMs: number;
  readonly schedule: readonly string[];
  readonly skipped: Readonly<Record<string, string>>;
  readonly kept: string | null;
}

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly jobs: number;
  readonly only: string | undefined;
  readonly keep: boolean;
  readonly json: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string" },
      seed: { type: "string" },
      jobs: { type: "string", default: String(DEFAULT_JOBS) },
      only: { type: "string" },
      keep: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  // A seed alone means that one round; with --rounds it is the first of them.
  const rounds = values.rounds ?? String(values.seed === undefined ? DEFAULT_ROUNDS : 1);
  return {
    rounds: toNumber("rounds", rounds),
    seed: toNumber("seed", values.seed ?? "1"),
    jobs: Math.max(1, toNumber("jobs", values.jobs)),
    only: values.only,
    keep: values.keep,
    json: values.json,
  };
}

function toNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name}: expected a whole number from 0 on, found "${text}"`);
}

/** Plays one round in a process of its own. A reason instead of a report: rounds cannot be played here at all. */
function play(
  seed: number,
  { only, keep }: Options,
): Promise<Report | { readonly kind: "skipped"; readonly reason: string }> {
  const words = [
    MAIN,
    "--seed",
    String(seed),
    ...(only === undefined ? [] : ["--only", only]),
    ...(keep ? ["--keep"] : []),
  ];
  const child = spawn(process.execPath, words, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  PLAYING.add(child);
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const timers = [
    setTimeout(() => child.kill("SIGTERM"), ROUND_DEADLINE_MS),
    setTimeout(() => child.kill("SIGKILL"), ROUND_DEADLINE_MS + CLEAN_UP_MS),
  ];
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      timers.forEach(clearTimeout);
      PLAYING.delete(child);
      const line = texts.stdout.trim().split("\n").at(-1) ?? "";
      if (line.startsWith("{")) return resolve(JSON.parse(line) as Report);
      const ending = signal === null ? `exit code ${String(code)}` : signal;
      resolve(broken(seed, `the round's own process ended with ${ending}: ${texts.stderr.trim().slice(-2_000)}`));
    });
  });
}

function broken(seed: number, violation: string): Report {
  const nothing = { faults: {}, recoveryMs: null, totalMs: 0, schedule: [], skipped: {}, kept: null };
  return { kind: "round", seed, work: "", state: "", violations: [violation], ...nothing };
}

function tell(report: Report, { json, only }: Options): void {
  if (json) return console.log(JSON.stringify(report));
  const { seed, work, state, violations, totalMs, recoveryMs, faults } = report;
  const list = Object.entries(faults).map(([kind, count]) => (count === 1 ? kind : `${kind} ×${String(count)}`));
  const recovery = recoveryMs === null ? "" : `, going on ${String(recoveryMs)} ms after`;
  const head = `seed ${String(seed)}: ${work} ${state} in ${(totalMs / 1000).toFixed(1)} s${recovery} (${list.join(", ")})`;
  console.log(violations.length === 0 ? `ok      ${head}` : `FAILED  ${head}`);
  if (violations.length === 0) return;
  for (const violation of violations) console.log(`        ${violation}`);
  for (const line of report.schedule) console.log(`          ${line}`);
  if (report.kept !== null) console.log(`        kept: ${report.kept} (story.log tells what happened when)`);
  console.log(`        again: npm run drill -- --seed ${String(seed)}${only === undefined ? "" : ` --only ${only}`}`);
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function summarize(reports: readonly Report[], seconds: number): void {
  const faults = new Map<string, number>();
  const skipped = new Map<string, string>();
  for (const report of reports) {
    for (const [kind, count] of Object.entries(report.faults)) faults.set(kind, (faults.get(kind) ?? 0) + count);
    for (const [kind, reason] of Object.entries(report.skipped)) skipped.set(kind, reason);
  }
  const sorted = reports.flatMap(({ recoveryMs }) => recoveryMs ?? []).sort((left, right) => left - right);
  const times = reports.map(({ totalMs }) => totalMs).sort((left, right) => left - right);
  const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const list = [...faults]
    .sort(([, left], [, right]) => right - left)
    .map(([kind, count]) => `${kind} ${String(count)}`);
  console.log(`\n${String(total)} troubles: ${list.join(", ")}`);
  for (const [kind, reason] of skipped) console.log(`not done here: ${kind}: ${reason}`);
  console.log(
    `going on after all was mended: median ${String(median(sorted))} ms, longest ${String(sorted.at(-1) ?? 0)} ms, in ${String(sorted.length)} rounds that had not ended before`,
  );
  console.log(
    `a round: median ${(median(times) / 1000).toFixed(1)} s, longest ${((times.at(-1) ?? 0) / 1000).toFixed(1)} s; all in ${seconds.toFixed(1)} s`,
  );
}

async function main(): Promise<void> {
  const options = readOptions();
  if (needsBuild()) await build({ quiet: true });
  const start = performance.now();
  const seeds = Array.from({ length: options.rounds }, (_, index) => options.seed + index);
  const reports: Report[] = [];
  let skipped: string | null = null;
  const lane = async (): Promise<void> => {
    for (
      let seed = seeds.shift();
      seed !== undefined && skipped === null && process.exitCode === undefined;
      seed = seeds.shift()
    ) {
      const report = await play(seed, options);
      if (report.kind === "skipped") {
        skipped = report.reason;
        return;
      }
      tell(report, options);
      reports.push(report);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, lane));
  if (skipped !== null) {
    console.log(`skipped: ${String(skipped)}`);
    return;
  }
  const failed = reports.filter(({ violations }) => violations.length > 0).length;
  if (!options.json) summarize(reports, (performance.now() - start) / 1000);
  console.log(
    options.json
      ? JSON.stringify({ kind: "drill", rounds: reports.length, failed })
      : `${String(reports.length)} rounds, ${String(failed)} failed`,
  );
  if (failed > 0) process.exitCode = 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    for (const child of PLAYING) child.kill(signal);
    process.exitCode = 130;
    process.once(signal, () => process.exit(130));
  });

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
