import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MARK_NAME, killMarked, sweepLeaks } from "./test-leaks.ts";
import type { MarkedBy } from "./test-leaks.ts";
import type { TestLine } from "./test-reporter.ts";

/** Output kept of one file: the first part, which is where things go wrong. */
const MAX_OUTPUT_LENGTH = 64 * 1024;
const REPORTER = new URL("test-reporter.ts", import.meta.url).href;
/** What the file imports is kept compiled; not by the environment, which what it starts would inherit. */
const COMPILE_CACHE = new URL("../node_modules/.cache/compile", import.meta.url);
const WITH_COMPILE_CACHE = `data:text/javascript,${encodeURIComponent(
  `import module from "node:module"; module.enableCompileCache(${JSON.stringify(fileURLToPath(COMPILE_CACHE))});`,
)}`;

export interface FileJob {
  /** Relative to the repository. */
  readonly file: string;
  readonly root: string;
  /** A folder of its own for what it writes and for what is written about it. Short: sockets lie in it. */
  readonly folder: string;
  readonly mark: string;
  readonly deadlineMs: number;
  /** Only tests whose name matches. */
  readonly namePattern: string | undefined;
  /** Ends the file at once. */
  readonly signal: AbortSignal;
}

export interface Told {
  readonly name: string;
  readonly text: string;
}

export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: readonly Told[];
  readonly skipped: readonly Told[];
  /** Files it left in the folder for temporary files. */
  readonly leftovers: readonly string[];
  readonly output: string;
  readonly durationMs: number;
}

interface Ending {
  readonly code: number | null;
  /** Why it was killed, or undefined. */
  readonly killed: string | undefined;
  readonly output: string;
}

/** Runs one test file in a process and a folder for temporary files of its own, and ends what it leaves behind. */
export async function runFile(job: FileJob): Promise<FileResult> {
  const start = performance.now();
  const temporary = join(job.folder, "t");
  const report = join(job.folder, "report");
  mkdirSync(temporary, { recursive: true });
  const marked = { mark: job.mark, folder: temporary };
  const ending = await runProcess(job, temporary, report, marked);
  const leaks = ending.killed === undefined ? await sweepLeaks(marked) : [];
  const lines = readReport(report);
  const leftovers = readdirSync(temporary);
  rmSync(job.folder, { recursive: true, force: true });
  const told = (outcome: TestLine["outcome"]): readonly TestLine[] => lines.filter((line) => line.outcome === outcome);
  return {
    file: job.file,
    passed: told("passed").length,
    failed: [
      ...told("failed"),
      ...judgeEnding(ending, lines),
      ...leaks.map(({ pid, command }) => ({
        name: "leaves no process behind",
        text: `process ${pid} was still there: ${command}`,
      })),
    ],
    skipped: told("skipped"),
    leftovers,
    output: ending.output,
    durationMs: performance.now() - start,
  };
}

function runProcess(job: FileJob, temporary: string, report: string, marked: MarkedBy): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const { NODE_TEST_CONTEXT: _outer, ...environment } = process.env;
  const named = job.namePattern === undefined ? [] : [`--test-name-pattern=${job.namePattern}`];
  const child = spawn(
    process.execPath,
    [
      `--import=${WITH_COMPILE_CACHE}`,
      `--test-reporter=${REPORTER}`,
      `--test-reporter-destination=${report}`,
      ...named,
      job.file,
    ],
    {
      cwd: job.root,
      env: { ...environment, [MARK_NAME]: job.mark, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  let killed: string | undefined;
  const collect = (chunk: Buffer): void => {
    if (output.length < MAX_OUTPUT_LENGTH) output += chunk.toString().slice(0, MAX_OUTPUT_LENGTH - output.length);
  };
  const end = (why: string): void => {
    killed ??= why;
    child.kill("SIGKILL");
    killMarked(marked);
  };
  const timer = setTimeout(() => end(`the file was still running after ${job.deadlineMs / 1000} s`), job.deadlineMs);
  const abort = (): void => end(String(job.signal.reason));
  job.signal.addEventListener("abort", abort);
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.once("error", (error) => (killed ??= error.message));
  // A process that outlives the file may hold its output open: the exit is the end, and what was said until then is here soon after.
  child.once("exit", (code) => {
    clearTimeout(timer);
    job.signal.removeEventListener("abort", abort);
    setImmediate(() => resolve({ code, killed, output }));
  });
  if (job.signal.aborted) abort();
  return promise;
}

/** What is wrong with the file itself, beside its tests. */
function judgeEnding(ending: Ending, lines: readonly TestLine[]): readonly Told[] {
  const ended = new Set(lines.filter((line) => line.outcome !== "begun").map((line) => line.id));
  const open = lines.filter((line) => line.outcome === "begun" && !ended.has(line.id)).map((line) => line.name);
  const under = open.length === 0 ? "" : `; under way: ${open.join(", ")}`;
  if (ending.killed !== undefined) return [{ name: "ends by itself", text: ending.killed + under }];
  if (lines.length === 0 && ending.code === 0) return [{ name: "holds a test", text: "the file ran without any test" }];
  const isExplained = ending.code === 0 || lines.some((line) => line.outcome === "failed");
  return isExplained ? [] : [{ name: "runs", text: `the file ended with exit code ${ending.code}${under}` }];
}

function readReport(report: string): readonly TestLine[] {
  if (!existsSync(report)) return [];
  const lines = readFileSync(report, "utf8").split("\n").slice(0, -1);
  return lines.map((line): TestLine => JSON.parse(line));
}
