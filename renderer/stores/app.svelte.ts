import { getContext, setContext } from "svelte";
import type { Result } from "#core/base/result.ts";
import type { IpcError } from "#core/ipc/frames.ts";
import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import { topicName } from "#core/ipc/topics.ts";
import type { NodeInfo } from "#core/model/agent.ts";
import type { AgentId, NodePath, RunId } from "#core/model/id.ts";
import { Announcer } from "./announcer.svelte.ts";
import type { Client, ClientStatus } from "./client.ts";
import { WindowClock } from "./clock.svelte.ts";
import { nextPaint } from "./next-frame.ts";
import { Preferences } from "./preferences.svelte.ts";
import { Removals } from "./removals.svelte.ts";
import { Router } from "./router.svelte.ts";
import { topicRules } from "./topic-rules.ts";
import { Topic } from "./topic.svelte.ts";

/** What every page shares. Made once by `main.ts`, handed down by context. */
export class App {
  readonly router = new Router();
  readonly preferences = new Preferences();
  readonly clock = new WindowClock();
  readonly announcer = new Announcer();
  readonly fleet: Topic<"fleet">;
  readonly runs: Topic<"runs">;
  readonly agents: readonly NodeInfo[] = $derived.by(() => [...this.fleet.view.items.values()]);
  readonly removals = new Removals((run) => this.request("run.delete", { run }));
  isPaletteOpen = $state(false);
  readonly #client: Client;
  #status: ClientStatus = $state.raw({ kind: "connecting" });
  #hello: MethodResults["hello"] | null = $state.raw(null);

  constructor(client: Client) {
    this.#client = client;
    client.onStatus((status) => {
      this.#status = status;
      if (status.kind === "online") this.#hello = status.hello;
    });
    this.fleet = new Topic(client, nextPaint, topicName.fleet, topicRules.fleet);
    this.runs = new Topic(client, nextPaint, topicName.runs, topicRules.runs);
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** Whom the window last spoke with. */
  get hello(): MethodResults["hello"] | null {
    return this.#hello;
  }

  agent(id: AgentId | null): NodeInfo | null {
    return id === null ? null : (this.fleet.view.items.get(id) ?? null);
  }

  /** Sends an intent. What follows from it comes by topic. */
  request<M extends MethodName>(method: M, params: MethodParams<M>): Promise<Result<MethodResults[M], IpcError>> {
    return this.#client.request(method, params);
  }

  retryNow(): void {
    this.#client.connect();
  }

  watchRun(run: RunId): Topic<"run"> {
    return new Topic(this.#client, nextPaint, topicName.run(run), topicRules.run);
  }

  watchLog(run: RunId, path: NodePath): Topic<"log"> {
    return new Topic(this.#client, nextPaint, topicName.log(run, path), topicRules.log);
  }
}

const APP = Symbol("app");

export function provideApp(app: App): void {
  setContext(APP, app);
}

export function useApp(): App {
  return getContext<App>(APP);
}
