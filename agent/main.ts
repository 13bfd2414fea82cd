import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { DisposableStack } from "#core/base/dispose.ts";
import type { Log } from "#core/ports/log.ts";
import { agentFolder, holdFolder } from "./adapters/data-folder.ts";
import { openLog } from "./adapters/system.ts";
import { isAboutApps, runAppsCommand } from "./apps.ts";
import { Greeting } from "./greeting.ts";
import { type AgentOptions, parseOptions } from "./options.ts";
import { startAgent } from "./start.ts";
import { readCodeFromStdin } from "./stdin-code.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const QUIT_WITHIN_MS = 8_000;
const ROOT_WARNING =
  "THE AGENT RUNS AS ROOT: every task of a paired app can do anything on this machine. Start it as a user of its own instead.";

/** Ends the agent once, in order, and within a deadline. */
class Quit {
  readonly #stack = new DisposableStack();
  readonly #log: Log;
  #isUnderWay = false;

  constructor(log: Log) {
    this.#log = log;
  }

  get stack(): DisposableStack {
    return this.#stack;
  }

  now(reason: string, exitCode: number): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#log.info("the agent quits", { reason });
    setTimeout(() => {
      this.#log.error("quitting took too long and was cut short", { withinMs: QUIT_WITHIN_MS });
      process.exit(exitCode);
    }, QUIT_WITHIN_MS).unref();
    this.#stack.dispose().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        this.#log.error("quitting failed in part", { error: String(error) });
        process.exit(exitCode);
      },
    );
  }
}

async function main(options: AgentOptions): Promise<void> {
  const log = openLog(options.logLevel);
  const quit = new Quit(log);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => quit.now(signal, 0));
  // A bug: what holds true afterwards is not known, so the agent ends, its children with it.
  process.on("uncaughtException", (error) => {
    log.error("a bug ends the agent", { error: error.stack ?? error.message });
    quit.now("a bug", EXIT_FAILED);
  });
  const dataDir = agentFolder(options.data, process.env);
  quit.stack.add(holdFolder(dataDir));
  const ended = (): void => quit.now("stdin was closed", 0);
  const code = options.pairFromStdin ? await readCodeFromStdin(process.stdin, ended) : null;
  const greeting = new Greeting(options.json, (line) => process.stdout.write(`${line}\n`));
  // Whoever read it may be gone; the agent works on.
  process.stdout.on("error", () => undefined);
  warnAboutRoot(greeting, log);
  await startAgent({ options, dataDir, version: productVersion(), code, greeting, log, stack: quit.stack });
}

function warnAboutRoot(greeting: Greeting, log: Log): void {
  if (process.getuid?.() !== 0) return;
  log.warn(ROOT_WARNING);
  greeting.warning("runs-as-root", ROOT_WARNING);
}

/** From the package's own package.json, which lies above the sources and above the bundles. */
function productVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  const parsed: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const version = typeof parsed === "object" && parsed !== null && "version" in parsed ? parsed.version : undefined;
  return typeof version === "string" ? version : "unknown";
}

function complain(code: string, message: string, exitCode: number): void {
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ kind: "error", code, message })}\n`);
  process.stderr.write(`lanweave agent: ${message}\n`);
  process.exit(exitCode);
}

try {
  const words = process.argv.slice(2);
  if (isAboutApps(words)) await runAppsCommand(words, (line) => void process.stdout.write(`${line}\n`));
  else await main(parseOptions(words));
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "failed";
  complain(code, error instanceof Error ? error.message : String(error), EXIT_FAILED);
}
