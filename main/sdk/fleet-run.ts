import type { Json } from "#core/base/json.ts";
import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import type { RunEvent } from "#core/model/event.ts";
import { RUN_PATH, type RunId } from "#core/model/id.ts";
import type { PauseMode, RunLine } from "#core/model/run.ts";
import type { CoordinatorClient } from "../cli/client.ts";
import { followEvents } from "../cli/event-feed.ts";
import { type WorkflowResult, toResult } from "./engine.ts";
import { RefusedError } from "./errors.ts";
import type { RunHandle } from "./run-handle.ts";
import { Observers, type WorkflowObserver } from "./observer.ts";

/** Of an error told to a run: a coordinator takes no longer text. */
const MAX_MESSAGE_LENGTH = 4_000;

/** A run that a coordinator tells about. */
export class FleetRun<Outputs> implements RunHandle<Outputs> {
  readonly id: RunId;
  readonly result: Promise<WorkflowResult<Outputs>>;
  readonly #client: CoordinatorClient;
  readonly #events: RunEvent[] = [];
  readonly #watchers = new Set<Observers>();
  #end: { readonly run: RunLine } | { readonly failure: unknown } | null = null;
  #changed = Promise.withResolvers<void>();

  constructor(client: CoordinatorClient, id: RunId) {
    this.#client = client;
    this.id = id;
    this.result = this.#follow();
    // Whoever does not ask for the result is not to be ended by a coordinator that goes away.
    this.result.catch(() => {});
  }

  get events(): readonly RunEvent[] {
    return this.#events;
  }

  async *follow(): AsyncGenerator<RunEvent> {
    for (let next = 0; ;) {
      const changed = this.#changed.promise;
      for (; next < this.#events.length; next += 1) {
        const event = this.#events[next];
        if (event !== undefined) yield event;
      }
      if (this.#end !== null && next >= this.#events.length) return;
      if (changed === this.#changed.promise) await changed;
    }
  }

  addObserver(observer: WorkflowObserver): this {
    const watcher = new Observers();
    watcher.add(observer);
    for (const event of this.#events) watcher.tell(event, this.#trouble);
    if (this.#end !== null && "run" in this.#end) watcher.tellEnd(this.#end.run, this.#trouble);
    this.#watchers.add(watcher);
    return this;
  }

  show(): Promise<RunLine> {
    return this.#ask("run.show", { run: this.id });
  }

  async log(path: string): Promise<string> {
    let text = "";
    for (let offset = 0; ;) {
      const piece = await this.#ask("run.log", { run: this.id, path, offset });
      text += piece.text;
      if (piece.nextOffset === offset || piece.complete) return text;
      offset = piece.nextOffset;
    }
  }

  async pause(path: string = RUN_PATH, mode: PauseMode = "freeze"): Promise<void> {
    await this.#ask("run.pause", { run: this.id, path, mode });
  }

  async resume(path: string = RUN_PATH): Promise<void> {
    await this.#ask("run.resume", { run: this.id, path });
  }

  async cancel(path: string = RUN_PATH): Promise<void> {
    await this.#ask("run.cancel", { run: this.id, path });
  }

  async retry(path: string): Promise<void> {
    await this.#ask("run.retry", { run: this.id, path });
  }

  async skip(path: string): Promise<void> {
    await this.#ask("run.skip", { run: this.id, path });
  }

  async complete(path: string, result: Json): Promise<void> {
    await this.#ask("run.complete", { run: this.id, path, result });
  }

  async approve(path: string, approved = true): Promise<void> {
    await this.#ask("run.approve", { run: this.id, path, approved });
  }

  async #follow(): Promise<WorkflowResult<Outputs>> {
    try {
      const run = await this.#untilEnd();
      this.#end = { run };
      for (const watcher of this.#watchers) watcher.tellEnd(run, this.#trouble);
      return toResult<Outputs>(run);
    } catch (error) {
      this.#end = { failure: error };
      throw error;
    } finally {
      this.#tellChange();
    }
  }

  async #untilEnd(): Promise<RunLine> {
    const stop = new AbortController();
    let hasEnded = false;
    for await (const event of followEvents(this.#client, this.id, 0, stop.signal)) {
      this.#events.push(event);
      for (const watcher of this.#watchers) watcher.tell(event, this.#trouble);
      this.#tellChange();
      if (event.type === "WorkflowStateChange") hasEnded = isFinal(event.to);
      if (!hasEnded) continue;
      // Files are brought home after the end; that they are is an event too.
      const run = await this.show();
      if (run.collection?.state !== "pending" && run.seq === event.seq) return run;
    }
    throw new RefusedError("lost", `the events of run ${this.id} ended before the run`);
  }

  #tellChange(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }

  readonly #trouble = (message: string): void => {
    void this.#client.request("run.error", { run: this.id, message: message.slice(0, MAX_MESSAGE_LENGTH) });
  };

  #ask<M extends MethodName>(method: M, params: MethodParams<M>): Promise<MethodResults[M]> {
    return ask(this.#client, method, params);
  }
}

/** What the coordinator refuses is thrown as a `RefusedError` with its code. */
export async function ask<M extends MethodName>(
  client: CoordinatorClient,
  method: M,
  params: MethodParams<M>,
): Promise<MethodResults[M]> {
  const answer = await client.request(method, params);
  if (answer.ok) return answer.value;
  throw new RefusedError(answer.error.code, answer.error.message);
}

function isFinal(state: string | null): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}
