import { spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "node:test";
import { DisposableStack } from "#core/base/dispose.ts";

const DEADLINE_MS = 30_000;
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Commands of tests start faster with it. */
const COMPILE_CACHE = join(ROOT, "node_modules", ".cache", "compile");

/** The command line with a small coordinator where it hosts one. */
export const SMALL_LANWEAVE = join(ROOT, "test", "support", "small-lanweave.ts");
/** The command line as people start it. */
export const LANWEAVE = join(ROOT, "bin", "lanweave.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs: what it wrote so far, and how it ends. */
export interface CommandProcess {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Settles when its stdout and stderr together match; fails with both at the deadline or when it ends before. */
  saw(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  closeStdout(): void;
}

export interface CommandSettings {
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly node?: string;
}

/** Starts a command as a process of its own, ended with the test. */
export function startCommand(t: TestContext, words: readonly string[], settings: CommandSettings = {}): CommandProcess {
  const { script = SMALL_LANWEAVE, env = {}, cwd = ROOT, node = process.execPath } = settings;
  const child = spawn(node, [script, ...words], {
    cwd,
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let isOver = false;
  const looks = new Set<() => void>();
  const look = (): void => looks.forEach((check) => check());
  child.stdout.on("data", (chunk: Buffer) => ((stdout += chunk.toString()), look()));
  child.stderr.on("data", (chunk: Buffer) => ((stderr += chunk.toString()), look()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      isOver = true;
      resolve({ code, signal, stdout, stderr });
      look();
    });
  });
  atEndOf(t, async () => {
    if (!isOver) child.kill("SIGKILL");
    await ended;
  });
  const saw = (pattern: RegExp): Promise<RegExpExecArray> => {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const fail = (why: string): void =>
      reject(new Error(`${why} before ${pattern} was seen in:\n${stdout}\n${stderr}`));
    const timer = setTimeout(() => fail("the deadline came"), DEADLINE_MS);
    const check = (): void => {
      const found = pattern.exec(`${stdout}\n${stderr}`);
      if (found === null && !isOver) return;
      clearTimeout(timer);
      looks.delete(check);
      if (found === null) fail("the command ended");
      else resolve(found);
    };
    looks.add(check);
    check();
    return promise;
  };
  return {
    pid: child.pid ?? 0,
    ended,
    saw,
    kill: (signal) => void child.kill(signal),
    closeStdout: () => child.stdout.destroy(),
  };
}

/** Runs a command to its end; one that does not end in time is killed, and its code is null. */
export async function runCommand(
  t: TestContext,
  words: readonly string[],
  settings: CommandSettings = {},
): Promise<Ended> {
  const command = startCommand(t, words, settings);
  const timer = setTimeout(() => command.kill("SIGKILL"), DEADLINE_MS);
  try {
    return await command.ended;
  } finally {
    clearTimeout(timer);
  }
}

/** A folder that goes with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "lanweave-test-")));
  atEndOf(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const stacks = new WeakMap<TestContext, DisposableStack>();

/** Calls `dispose` after the test, what was added last first: a process ends before its folder goes. */
export function atEndOf(t: TestContext, dispose: () => void | Promise<void>): void {
  let stack = stacks.get(t);
  if (stack === undefined) {
    const made = new DisposableStack();
    t.after(() => made.dispose());
    stacks.set(t, made);
    stack = made;
  }
  stack.defer(dispose);
}
