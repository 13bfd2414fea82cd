import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import { topicName } from "#core/ipc/topics.ts";
import type { RunId } from "#core/model/id.ts";
import type { RunHead } from "#core/model/run.ts";
import { CoordinatorClient } from "#main/cli/client.ts";
import { openInProcess } from "#main/host/frame-channel.ts";
import { startHost } from "#main/host/host.ts";
import type { CoordinatorHost } from "#main/host/session.ts";
import { serveWindow } from "#main/serve/serve.ts";
import type { ServedWindow } from "#main/serve/serve.ts";
import type { AgentReady, StartedProcess } from "./fleet.ts";
import { ROOT, endProcess, startAgent } from "./fleet.ts";
import type { PageLook } from "./window-page.ts";
import { WIDE, launchBrowser } from "./window-page.ts";

const RENDERER = path.join(ROOT, "dist/renderer");
const PAGE_LIMIT_MS = 20_000;

export interface RealWindowOptions {
  /** Agents on this machine, real processes; default 0. */
  readonly agents?: number;
  /** Agents as processes that were started by hand: named, and paired by their codes. */
  readonly machines?: readonly string[];
  /** Processes that each runs at once; default 2. */
  readonly slots?: number;
  /** Whether it looks for agents by mDNS; default false. */
  readonly discovery?: boolean;
  /** Workflow files of the library, by name without `.yaml`, beside the samples. */
  readonly library?: Readonly<Record<string, string>>;
}

/** The window served to a real Chromium by a real coordinator in this process, with real agents. One for all tests of a file. */
export class RealWindow {
  readonly dataDir: string;
  readonly #browser: Browser;
  readonly #host: CoordinatorHost;
  readonly #client: CoordinatorClient;
  readonly #heads = new Map<RunId, RunHead>();
  readonly #looks = new Set<() => void>();
  readonly #machines: StartedProcess[] = [];
  #served: ServedWindow;

  private constructor(
    dataDir: string,
    browser: Browser,
    host: CoordinatorHost,
    client: CoordinatorClient,
    served: ServedWindow,
  ) {
    this.dataDir = dataDir;
    this.#browser = browser;
    this.#host = host;
    this.#client = client;
    this.#served = served;
    client.watch("runs", topicName.runs, (news) => {
      if (news.kind === "gone") return;
      for (const head of news.kind === "snapshot" ? news.items : news.upsert) this.#heads.set(head.run, head);
      for (const look of this.#looks) look();
    });
  }

  static async start(options: RealWindowOptions = {}): Promise<RealWindow> {
    const dataDir = mkdtempSync(path.join(tmpdir(), "lw-window-"));
    mkdirSync(path.join(dataDir, "library"));
    for (const [name, text] of Object.entries(options.library ?? {}))
      writeFileSync(path.join(dataDir, "library", `${name}.yaml`), text);
    const host = await startHost({
      dataDir,
      appName: "desk",
      discovery: options.discovery ?? false,
      localSlots: options.slots ?? 2,
    });
    const served = await serveWindow({ host, dataDir, port: 0, rendererDir: RENDERER });
    const client = await CoordinatorClient.open(openInProcess(host, "test"), "test");
    const window = new RealWindow(dataDir, await launchBrowser(), host, client, served);
    const { agents: count = 0 } = options;
    if (count > 0) await window.ask("fleet.start-local", { count, keep: false });
    for (const name of options.machines ?? []) {
      const { port, code } = await window.startMachine(name, options);
      await window.ask("fleet.pair", { target: `127.0.0.1:${String(port)}`, code });
    }
    return window;
  }

  /** An agent that is not paired yet. It ends with the window. */
  async startMachine(name: string, { slots = 2, discovery = false }: RealWindowOptions = {}): Promise<AgentReady> {
    const folder = path.join(this.dataDir, "machines", name);
    const place = discovery ? [] : ["--no-advertise", "--host", "127.0.0.1"];
    const agent = await startAgent(null, name, folder, "--port", "0", "--slots", String(slots), ...place);
    this.#machines.push(agent);
    return agent.ready;
  }

  /** One request, as a command would make it. */
  ask<M extends MethodName>(method: M, params: MethodParams<M>): Promise<MethodResults[M]> {
    return this.#client.ask(method, params);
  }

  /** Resolves with the first news of the run for which `test` holds; fails after 20 s. */
  until(run: RunId, test: (head: RunHead) => boolean): Promise<RunHead> {
    const { promise, resolve, reject } = Promise.withResolvers<RunHead>();
    const look = (): void => {
      const head = this.#heads.get(run);
      if (head !== undefined && test(head)) resolve(head);
    };
    const timer = setTimeout(() => {
      reject(new Error(`${run} did not come to what was waited for: ${JSON.stringify(this.#heads.get(run))}`));
    }, PAGE_LIMIT_MS);
    this.#looks.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#looks.delete(look);
    });
  }

  /** A page of a browser that is let in, in a context of its own, at a place such as `#/fleet`; and what the browser complains of. */
  async open(
    place: string,
    look: PageLook = WIDE,
  ): Promise<{ readonly page: Page; readonly context: BrowserContext; readonly complaints: readonly string[] }> {
    const context = await this.#browser.newContext({
      viewport: { width: look.width, height: look.height },
      reducedMotion: "reduce",
      acceptDownloads: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_LIMIT_MS);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    const chosen = JSON.stringify({ theme: look.theme, language: look.language });
    // An empty page in between has no storage.
    await page.addInitScript(
      `if (location.protocol !== "about:") localStorage.setItem("lanweave.preferences", ${JSON.stringify(chosen)})`,
    );
    await page.goto(this.#served.secretUrl);
    await this.visit(page, place);
    return { page, context, complaints };
  }

  /** Loads the window anew at another place. */
  async visit(page: Page, place: string): Promise<void> {
    await page.goto("about:blank");
    await page.goto(`${this.#served.url}${place}`);
    await page.locator("h1:visible").first().waitFor();
  }

  /** Ends the window's server, does something, and serves again at the same address. The coordinator goes on. */
  async withoutServer(work: () => Promise<void>): Promise<void> {
    const { port } = this.#served;
    await this.#served.dispose();
    try {
      await work();
    } finally {
      this.#served = await serveWindow({
        host: this.#host,
        dataDir: this.dataDir,
        port,
        rendererDir: RENDERER,
      });
    }
  }

  async dispose(): Promise<void> {
    await this.#browser.close();
    this.#client.dispose();
    await this.#served.dispose();
    await this.#host.dispose();
    for (const machine of this.#machines) await endProcess(machine);
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
