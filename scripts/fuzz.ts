import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ROOT } from "./check-sources.ts";

// `npm run fuzz -- --cases 10000`: what peers, people and disks may hand us, made wrong by seed and case number (docs/fuzzing.md).
// `npm run fuzz -- --kind dns --seed 1 --first 4711 --cases 1` plays one case again.

const MAIN = join(ROOT, "test", "hostile", "main.ts");

interface Line {
  readonly kind: string;
  readonly cases: number;
  readonly seconds: number;
  readonly longestMs: number;
  readonly grownBytes: number;
  readonly findings: readonly { readonly number: number | null; readonly message: string }[];
}

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    kind: { type: "string" },
  },
});

function toNumber(name: string, text: string): string {
  if (/^\d{1,9}$/.test(text)) return text;
  throw new Error(`--${name}: expected a whole number from 0 on, found "${text}"`);
}

function tell({ kind, cases, seconds, longestMs, grownBytes, findings }: Line): void {
  const rate = Math.round(cases / seconds);
  const grown = (grownBytes / 1_048_576).toFixed(1);
  const figures = `${String(cases)} cases in ${seconds.toFixed(1)} s (${String(rate)}/s), longest ${longestMs.toFixed(0)} ms, ${grown} MiB more in use`;
  console.log(`${kind.padEnd(18)} ${figures}, ${String(findings.length)} findings`);
  for (const { number, message } of findings) {
    console.log(`\n${kind}${number === null ? "" : `, case ${String(number)}`}: ${message}`);
    const again = `npm run fuzz -- --kind ${kind} --seed ${values.seed} --first ${String(number)} --cases 1`;
    if (number !== null) console.log(`again: ${again}`);
  }
}

async function main(): Promise<void> {
  const args = ["cases", "seed", "first"] as const;
  const words = args.flatMap((name) => [`--${name}`, toNumber(name, values[name])]);
  if (values.kind !== undefined) words.push("--kind", values.kind);
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN, ...words], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const total = { cases: 0, findings: 0 };
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    total.cases += line.cases;
    total.findings += line.findings.length;
    tell(line);
  });
  const code = await new Promise<number>((resolve) => child.once("close", (exit) => resolve(exit ?? 1)));
  const seconds = (performance.now() - start) / 1_000;
  console.log(`${String(total.cases)} cases in ${seconds.toFixed(1)} s, ${String(total.findings)} findings`);
  process.exitCode = code !== 0 ? code : Number(total.findings > 0);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
