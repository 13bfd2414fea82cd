import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import type { Disposable } from "#core/base/dispose.ts";
import type { TestHost } from "#test/support/netns.ts";
import { bringPort } from "#test/support/netns-port.ts";
import { field, numberField, textField } from "./read.ts";
import type { record } from "./record.ts";

const START_DEADLINE_MS = 30_000;
const QUIT_DEADLINE_MS = 20_000;
const EXIT_DEADLINE_MS = 6_000;
const POLL_MS = 25;

/** What a function run in the main process gets: Electron's modules, and on the stand-in what it recorded. */
export type MainModules = typeof import("electron") & { readonly standin?: typeof record };

export interface LaunchOptions {
  /** The folder of the app's `package.json`. */
  readonly root: string;
  readonly dataFolder: string;
  /** Like `zh-CN`. */
  readonly locale?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs, with all it starts: this machine, or a host of a test LAN. */
  readonly host?: TestHost;
}

/** The environment of an app under test: a data folder of whoever runs the tests is not meant for it. */
export function appEnvironment(options: LaunchOptions): Record<string, string | undefined> {
  return { ...process.env, LANWEAVE_DATA: "", ...options.env };
}

/** A started app, on whatever it runs. */
export interface LaunchedApp {
  /** Runs a function in the main process; it and its argument are sent as text, so it sees nothing around it. */
  evaluate<Argument>(run: (electron: MainModules, argument: Argument) => unknown, argument: Argument): Promise<unknown>;
  /** The first window's page. */
  page(): Promise<Page>;
  /** Asks the app to quit and waits for its end; its exit code. */
  quit(): Promise<number | null>;
  /** The end of the app, whoever asked for it. */
  readonly exited: Promise<number | null>;
  /** Leaves nothing running. */
  dispose(): Promise<void>;
}

interface ChromiumNotice {
  readonly port: number;
  readonly pid: number;
  readonly profile: string;
}

/** Starts the built app of `root` on the stand-in. */
export function launchStandin(options: LaunchOptions): LaunchedApp {
  return new StandinApp(options);
}

class StandinApp implements LaunchedApp {
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #notice = Promise.withResolvers<ChromiumNotice>();
  #chromium: ChromiumNotice | undefined;
  #browser: Promise<Browser> | undefined;
  readonly #host: TestHost | null;
  #brought: Promise<Disposable & { readonly port: number }> | undefined;
  #lastId = 0;

  constructor(options: LaunchOptions) {
    const { root, dataFolder, locale = "en-US" } = options;
    const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const parameters = [
      "--import",
      new URL("register.ts", import.meta.url).href,
      join(root, textField(manifest, "main")),
      `--user-data-dir=${dataFolder}`,
      `--lang=${locale}`,
    ];
    const settings: SpawnOptions = {
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      env: { ...appEnvironment(options), ELECTRON_STANDIN_ROOT: root },
    };
    this.#host = options.host ?? null;
    this.#child =
      this.#host === null
        ? spawn(process.execPath, parameters, settings)
        : this.#host.spawn(process.execPath, parameters, settings);
    this.#child.on("message", (message) => this.#receive(message));
    const { promise, resolve } = Promise.withResolvers<number | null>();
    this.#child.once("exit", (code) => {
      resolve(code);
      this.#notice.reject(new Error("the app ended before it had a window"));
      for (const answer of this.#answers.values()) answer.reject(new Error("the app ended"));
    });
    this.exited = promise;
    // Whoever waits for a page sees it; nobody may be waiting.
    this.#notice.promise.catch(() => undefined);
  }

  evaluate<Argument>(
    run: (electron: MainModules, argument: Argument) => unknown,
    argument: Argument,
  ): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(id, answer);
    this.#child.send({ kind: "standin-evaluate", id, source: run.toString(), argument });
    return answer.promise;
  }

  async page(): Promise<Page> {
    const { port } = await this.#notice.promise;
    if (this.#host !== null) this.#brought ??= bringPort(this.#host, port);
    const reached = (await this.#brought)?.port ?? port;
    this.#browser ??= chromium.connectOverCDP(`http://127.0.0.1:${reached}`);
    const browser = await this.#browser;
    const deadline = performance.now() + START_DEADLINE_MS;
    while (performance.now() < deadline) {
      const pages = browser.contexts().flatMap((context) => context.pages());
      const page = pages.find((candidate) => candidate.url().startsWith("http"));
      if (page !== undefined) return page;
      await wait(POLL_MS);
    }
    throw new Error(`the app had no window after ${START_DEADLINE_MS / 1000} s`);
  }

  async quit(): Promise<number | null> {
    await this.evaluate(({ app }) => setImmediate(() => app.quit()) && undefined, undefined);
    const late = Symbol("late");
    const code = await Promise.race([this.exited, wait(QUIT_DEADLINE_MS, late, { ref: false })]);
    if (typeof code === "symbol")
      throw new Error(`the app was still there ${QUIT_DEADLINE_MS / 1000} s after it was told to quit`);
    return code;
  }

  async dispose(): Promise<void> {
    await this.#browser?.then((browser) => browser.close()).catch(() => undefined);
    if (this.#isRunning() && !(await this.#exits())) {
      this.#child.kill("SIGKILL");
      await this.exited;
    }
    await this.#brought?.then((brought) => brought.dispose());
    if (this.#chromium !== undefined) await removeChromium(this.#chromium);
  }

  #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Without the app's own way of quitting, but with what the stand-in itself has to clean up. */
  async #exits(): Promise<boolean> {
    this.evaluate(({ app }) => app.exit(0), undefined).catch(() => undefined);
    return Promise.race([this.exited.then(() => true), wait(EXIT_DEADLINE_MS, false, { ref: false })]);
  }

  #receive(message: unknown): void {
    const kind = field(message, "kind");
    if (kind === "standin-chromium") {
      const notice = {
        port: numberField(message, "port"),
        pid: numberField(message, "pid"),
        profile: textField(message, "profile"),
      };
      this.#chromium = notice;
      this.#notice.resolve(notice);
      return;
    }
    const id = Number(field(message, "id"));
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (kind === "standin-value") answer?.resolve(field(message, "value"));
    else answer?.reject(new Error(String(field(message, "problem"))));
  }
}

/** What an app that was ended by force could not clean up itself. */
async function removeChromium({ pid, profile }: ChromiumNotice): Promise<void> {
  const deadline = performance.now() + EXIT_DEADLINE_MS;
  // Files written by a process that is just ending would come back after they were removed.
  while (endProcess(pid) && performance.now() < deadline) await wait(POLL_MS);
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

/** Whether there was a process to end. */
function endProcess(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    // It ended with the app, as it should.
    return false;
  }
}
