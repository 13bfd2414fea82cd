import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.ts";
import { ROOT, listFiles } from "./check-sources.ts";
import { runFile } from "./test-file.ts";
import type { FileResult } from "./test-file.ts";
import { canFindLeaks } from "./test-leaks.ts";

// `npm test` runs every test file, each in a process of its own. `npm test -- core/engine fleet --name FLEET-2` runs the files whose
// path holds one of the words, and of their tests those whose name matches.

/** What hangs is ended; the suite itself is to take less than eight minutes on two quiet cores. */
const DEADLINE_MS = 9.5 * 60_000;
const PINNED_MAJOR = "24";

interface Lane {
  readonly name: string;
  readonly has: (file: string) => boolean;
  /** Files at a time. */
  readonly concurrency: number;
  readonly fileDeadlineMs: number;
}

/**
 * What runs side by side, one after the other: plain tests wait more than they compute, and so do hosts in namespaces, which leave one of
 * two cores to a real browser; several browsers at once would miss their deadlines.
 */
const PHASES: readonly (readonly Lane[])[] = [
  [{ name: "plain", has: (file) => !isLan(file) && !isBrowser(file), concurrency: 4, fileDeadlineMs: 120_000 }],
  [
    { name: "network namespaces", has: isLan, concurrency: 1, fileDeadlineMs: 240_000 },
    { name: "Chromium", has: isBrowser, concurrency: 1, fileDeadlineMs: 240_000 },
  ],
];

/** Tests below these need nothing that is built. */
const NEEDS_NO_BUILD = /^test\/(core|agent|sim|scripts|main\/(persistence|discovery|trust|transport|coordinator))\//;

interface Options {
  readonly words: readonly string[];
  readonly namePattern: string | undefined;
  readonly isVerbose: boolean;
}

function isLan(file: string): boolean {
  return file.startsWith("test/lan/");
}

function isBrowser(file: string): boolean {
  return file.startsWith("test/ui/") || file.startsWith("test/electron/");
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { name: { type: "string" }, verbose: { type: "boolean", default: false } },
  });
  return { words: positionals, namePattern: values.name, isVerbose: values.verbose };
}

function selectFiles(words: readonly string[]): readonly string[] {
  const files = listFiles("test", [".test.ts"]);
  const selected = files.filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  if (selected.length === 0)
    throw new Error(`no file of test/ ends in .test.ts and has ${words.join(" or ") || "a name"} in its path`);
  return selected;
}

async function runLane(
  { name, has, concurrency, fileDeadlineMs }: Lane,
  files: readonly string[],
  folder: string,
  options: Options,
  signal: AbortSignal,
): Promise<readonly FileResult[]> {
  const queue = files.filter(has);
  const results: FileResult[] = [];
  if (queue.length > 0) console.log(`\n${name}: ${queue.length} files, ${concurrency} at a time`);
  const takeOn = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined && !signal.aborted; file = queue.shift()) {
      const at = files.indexOf(file);
      const own = { file, folder: join(folder, String(at)), mark: `${folder}/${at}`, deadlineMs: fileDeadlineMs };
      const result = await runFile({ ...own, root: ROOT, namePattern: options.namePattern, signal });
      results.push(result);
      printFile(result, options.isVerbose);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, takeOn));
  return results;
}

function printFile(result: FileResult, isVerbose: boolean): void {
  const { failed, skipped } = result;
  const counts = [
    `${result.passed} passed`,
    failed.length > 0 ? `${failed.length} failed` : "",
    skipped.length > 0 ? `${skipped.length} skipped` : "",
  ];
  const seconds = (result.durationMs / 1000).toFixed(1).padStart(5);
  console.log(
    `${failed.length > 0 ? "FAILED" : "ok    "} ${seconds} s  ${result.file}  ${counts.filter((text) => text !== "").join(", ")}`,
  );
  for (const { name, text } of failed) console.log(indent(`✖ ${name}\n${indent(text)}`));
  if ((failed.length > 0 || isVerbose) && result.output.trim() !== "")
    console.log(indent(`output:\n${indent(result.output.trimEnd())}`));
  if (result.leftovers.length > 0) console.log(indent(`note: left files behind: ${result.leftovers.join(", ")}`));
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "    ");
}

function printSummary(results: readonly FileResult[], unrun: readonly string[], startedAt: number): void {
  const failed = results.flatMap((result) => result.failed.map(({ name }) => `${result.file}: ${name}`));
  const skipped = results.flatMap((result) =>
    result.skipped.map(({ name, text }) => `${result.file}: ${name} (${text || "no reason given"})`),
  );
  const section = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) console.log(`\n${title}:\n${lines.map((line) => `    ${line}`).join("\n")}`);
  };
  section("failed", failed);
  section("skipped", skipped);
  section("not run", unrun);
  if (!canFindLeaks()) console.log("\nnote: processes left behind are only looked for on Linux");
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  console.log(`\n${results.length} files in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  console.log(`${passed} passed, ${failed.length + unrun.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed.length + unrun.length + passed === 0 || failed.length + unrun.length > 0 ? 1 : 0;
}

/** What needs no build is tested also when the build fails. */
async function tryBuild(): Promise<readonly FileResult[]> {
  const start = performance.now();
  try {
    await build({});
    return [];
  } catch (error) {
    const failed = [{ name: "the product is built", text: String(error) }];
    const durationMs = performance.now() - start;
    const result = { file: "scripts/build.ts", passed: 0, failed, skipped: [], leftovers: [], output: "", durationMs };
    printFile(result, false);
    return [result];
  }
}

/** Aborts at the deadline and on Ctrl+C; what runs then is ended with all it started, and named. */
function startDeadline(): AbortController {
  const controller = new AbortController();
  const minutes = DEADLINE_MS / 60_000;
  setTimeout(() => controller.abort(`the deadline of ${minutes} minutes for all tests passed`), DEADLINE_MS).unref();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort(`ended by ${name}`));
  return controller;
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const options = readOptions();
  const files = selectFiles(options.words);
  const major = process.versions.node.split(".")[0];
  if (major !== PINNED_MAJOR)
    throw new Error(
      `expected Node ${PINNED_MAJOR}, found ${process.version}: run npm test, which takes the pinned one`,
    );
  console.log(`Node ${process.version}, ${files.length} test files`);
  const { signal } = startDeadline();
  const built = files.some((file) => !NEEDS_NO_BUILD.test(file)) ? await tryBuild() : [];
  const folder = mkdtempSync(join(tmpdir(), "lwt-"));
  // Programs that give up root for a user of their own must get in, as they do into /tmp.
  chmodSync(folder, 0o755);
  const results: FileResult[] = [...built];
  try {
    for (const lanes of PHASES)
      results.push(...(await Promise.all(lanes.map((lane) => runLane(lane, files, folder, options, signal)))).flat());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (signal.aborted) console.log(`\n${String(signal.reason)}`);
  const ran = new Set(results.map((result) => result.file));
  printSummary(
    results,
    files.filter((file) => !ran.has(file)),
    startedAt,
  );
}

await main();
