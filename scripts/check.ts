import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkCycles } from "./check-cycles.ts";
import { checkFiles } from "./check-files.ts";
import { checkImports } from "./check-imports.ts";
import { checkLock } from "./check-lock.ts";
import { ROOT, listFiles, readSources } from "./check-sources.ts";
import type { Findings } from "./check-sources.ts";
import { checkSpec } from "./check-spec.ts";

// `npm run check`: everything about the code that can be known without running it. `npm run check -- lint types:core` runs
// only the named steps.

/** Steps at a time: the long ones are processes that use one core each. */
const CONCURRENCY = 2;
/** A step that hangs must not hang the check. */
const STEP_DEADLINE_MS = 240_000;
const FORMAT_CACHE = ["--cache", "--cache-strategy=content", "--cache-location=node_modules/.cache/format.json"];
const TYPED_FOLDERS = [
  "core",
  "system",
  "main",
  "agent",
  "test",
  "scripts",
  "bench",
  "examples/sdk",
  "examples/script",
];

interface Step {
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

interface Outcome {
  readonly isGood: boolean;
  readonly text: string;
}

/** Longest first, so that the two lanes end together. */
function listSteps(): readonly Step[] {
  const sources = readSources();
  return [
    program("lint", "eslint/bin/eslint.js", ["--max-warnings=0", "."]),
    ...(hasFiles("renderer", ".svelte")
      ? [
          program("svelte", "svelte-check/bin/svelte-check", [
            "--tsconfig",
            "renderer/tsconfig.json",
            "--fail-on-warnings",
            "--output",
            "human",
          ]),
        ]
      : []),
    program("format", "prettier/bin/prettier.cjs", ["--check", "--log-level=warn", ...FORMAT_CACHE, "."]),
    ...TYPED_FOLDERS.filter((folder) => hasFiles(folder, ".ts")).map(typesStep),
    inProcess("imports", () => checkImports(sources)),
    inProcess("cycles", () => checkCycles(sources)),
    inProcess("files", () => checkFiles(sources)),
    inProcess("spec", () => checkSpec(sources)),
    inProcess("lock", checkLock),
    ...ownScript("schema", "scripts/schema.ts", ["--check"]),
    ...ownScript("texts", "test/renderer/text/catalogue.test.ts", []),
  ];
}

function typesStep(folder: string): Step {
  const info = `node_modules/.cache/types/${folder}.tsbuildinfo`;
  return program(`types:${folder}`, "typescript/bin/tsc", ["-p", folder, "--incremental", "--tsBuildInfoFile", info]);
}

function program(name: string, file: string, args: readonly string[]): Step {
  return { name, run: () => runNode([join("node_modules", file), ...args]) };
}

/** A script that another part of the tree brings along; no step where it does not exist. */
function ownScript(name: string, file: string, args: readonly string[]): readonly Step[] {
  return existsSync(join(ROOT, file)) ? [{ name, run: () => runNode([file, ...args]) }] : [];
}

function inProcess(name: string, check: () => Findings): Step {
  return {
    name,
    run: async () => {
      const { problems, notes } = check();
      return { isGood: problems.length === 0, text: [...problems, ...notes.map((note) => `note: ${note}`)].join("\n") };
    },
  };
}

function runNode(args: readonly string[]): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: STEP_DEADLINE_MS,
  });
  let text = "";
  const collect = (chunk: Buffer): void => void (text += chunk.toString());
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.once("error", (error) => resolve({ isGood: false, text: error.message }));
  child.once("close", (code, signal) => {
    const ending = signal === null ? "" : `\nended by ${signal} after at most ${STEP_DEADLINE_MS / 1000} s`;
    resolve({ isGood: code === 0, text: text.trim() + ending });
  });
  return promise;
}

function hasFiles(folder: string, ending: string): boolean {
  return existsSync(join(ROOT, folder)) && listFiles(folder, [ending]).length > 0;
}

async function runStep(step: Step): Promise<boolean> {
  const start = performance.now();
  const outcome = await step.run().catch((error: unknown) => ({ isGood: false, text: String(error) }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
  console.log(`${outcome.isGood ? "ok    " : "FAILED"} ${seconds} s  ${step.name}`);
  if (outcome.text !== "" && (!outcome.isGood || outcome.text.includes("note: "))) console.log(indent(outcome.text));
  return outcome.isGood;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "         ");
}

async function main(names: readonly string[]): Promise<void> {
  const start = performance.now();
  const all = listSteps();
  const unknown = names.filter((name) => !all.some((step) => step.name === name));
  if (unknown.length > 0)
    throw new Error(`no step ${unknown.join(", ")}: expected some of ${all.map((step) => step.name).join(", ")}`);
  const queue = all.filter((step) => names.length === 0 || names.includes(step.name));
  const failed: string[] = [];
  const lane = async (): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift())
      if (!(await runStep(step))) failed.push(step.name);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    failed.length === 0 ? `check passed in ${seconds} s` : `check FAILED in ${seconds} s: ${failed.sort().join(", ")}`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

await main(process.argv.slice(2));
