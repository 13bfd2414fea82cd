import { mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DisposableStack } from "#core/base/dispose.ts";
import type { MethodParams } from "#core/ipc/methods.ts";
import { topicName } from "#core/ipc/topics.ts";
import type { RunId } from "#core/model/id.ts";
import type { RunHead } from "#core/model/run.ts";
import { openInProcess } from "../../host/frame-channel.ts";
import { CoordinatorClient } from "../client.ts";
import type { StartHost } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { isFinalRunState } from "../states.ts";

/** What a benchmark runs against: a coordinator with the journal it always has, and agents as processes of their own. */
export interface BenchFleet {
  readonly client: CoordinatorClient;
  /** Where it may put files; removed in the end. */
  readonly folder: string;
  /** Starts a run of these nodes and waits until its end is durable and told. Throws when it did not complete. */
  run(nodes: readonly object[], more?: object): Promise<RunHead>;
  /** Starts a run of these nodes. */
  start(nodes: readonly object[], more?: object): Promise<RunId>;
  /** Resolves with the first news of the run for which `test` holds. */
  until(run: RunId, test: (head: RunHead) => boolean): Promise<RunHead>;
  dispose(): Promise<void>;
}

/** A folder of the benchmark's own beside the data folder, so that it lies on the same disk. */
export function makeBenchFolder(dataDir: string): { readonly path: string; dispose(): Promise<void> } {
  const parent = dirname(resolve(dataDir));
  mkdirSync(parent, { recursive: true });
  const path = mkdtempSync(join(parent, `${basename(dataDir)}-bench-`));
  return { path, dispose: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Starts a coordinator in this process, as `lanweave run` does, and `agents` agents of `slots` slots that are paired with it. */
export async function startFleet(
  startHost: StartHost,
  dataDir: string,
  wish: { readonly agents: number; readonly slots: number },
): Promise<BenchFleet> {
  const stack = new DisposableStack();
  try {
    const folder = makeBenchFolder(dataDir);
    stack.add(folder);
    const options = { dataDir: join(folder.path, "data"), appName: "bench", discovery: false, localSlots: wish.slots };
    const host = stack.add(await startHost(options));
    const client = stack.add(await CoordinatorClient.open(openInProcess(host, "bench"), "bench"));
    await client.ask("fleet.start-local", { count: wish.agents, keep: false });
    const watch = new HeadWatch(client);
    await onlineAgents(client, wish.agents);
    return new StartedFleet(stack, client, folder.path, watch);
  } catch (error) {
    await stack.dispose();
    throw error;
  }
}

class StartedFleet implements BenchFleet {
  readonly client: CoordinatorClient;
  readonly folder: string;
  readonly #stack: DisposableStack;
  readonly #heads: HeadWatch;

  constructor(stack: DisposableStack, client: CoordinatorClient, folder: string, heads: HeadWatch) {
    this.#stack = stack;
    this.client = client;
    this.folder = folder;
    this.#heads = heads;
  }

  async start(nodes: readonly object[], more: object = {}): Promise<RunId> {
    const text = JSON.stringify({ lanweave: 1, name: "bench", ...more, nodes });
    const source: MethodParams<"run.start">["source"] = {
      kind: "built",
      folder: this.folder,
      files: [{ name: "bench.json", text }],
    };
    return (await this.client.ask("run.start", { source, inputs: {} })).run;
  }

  async run(nodes: readonly object[], more: object = {}): Promise<RunHead> {
    const head = await this.until(await this.start(nodes, more), ({ state }) => isFinalRunState(state));
    if (head.state === "completed") return head;
    const found = `${head.state}${head.error === null ? "" : `: ${head.error.message}`}`;
    throw new CommandError("internal", `the benchmark's run was to be completed, found ${found}`);
  }

  until(run: RunId, test: (head: RunHead) => boolean): Promise<RunHead> {
    return Promise.race([this.#heads.until(run, test), this.client.ended.then(lost)]);
  }

  dispose(): Promise<void> {
    return this.#stack.dispose();
  }
}

function lost(reason: string): never {
  throw new CommandError("lost", reason);
}

interface Wait {
  readonly run: RunId;
  readonly test: (head: RunHead) => boolean;
  readonly resolve: (head: RunHead) => void;
}

/** Follows the heads of all runs: one small message a turn, however large the run. */
class HeadWatch {
  readonly #heads = new Map<RunId, RunHead>();
  #waits: Wait[] = [];

  constructor(client: CoordinatorClient) {
    client.watch("runs", topicName.runs, (news) => {
      if (news.kind === "gone") return;
      for (const head of news.kind === "snapshot" ? news.items : news.upsert) this.#take(head);
    });
  }

  #take(head: RunHead): void {
    this.#heads.set(head.run, head);
    const isMet = (wait: Wait): boolean => wait.run === head.run && wait.test(head);
    const met = this.#waits.filter(isMet);
    this.#waits = this.#waits.filter((wait) => !met.includes(wait));
    for (const wait of met) wait.resolve(head);
  }

  until(run: RunId, test: (head: RunHead) => boolean): Promise<RunHead> {
    const known = this.#heads.get(run);
    if (known !== undefined && test(known)) return Promise.resolve(known);
    return new Promise((resolve) => void this.#waits.push({ run, test, resolve }));
  }
}

async function onlineAgents(client: CoordinatorClient, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const online = new Set<string>();
  const stop = client.watch("fleet", topicName.fleet, (news) => {
    if (news.kind === "gone") return;
    for (const agent of news.kind === "snapshot" ? news.items : news.upsert)
      if (agent.paired && agent.status === "online") online.add(agent.id);
    if (online.size >= count) resolve();
  });
  await Promise.race([promise, client.ended.then(lost)]);
  stop();
}
