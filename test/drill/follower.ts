import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import type { RunLine } from "#core/model/run.ts";
import type { CoordinatorClient } from "#main/cli/client.ts";
import { followEvents } from "#main/cli/event-feed.ts";
import { inTime, openClient } from "./asking.ts";

const RETRY_MS = 100;

/**
 * Somebody who watches a run from outside, through the coordinator's own socket, and comes back whenever that is gone. Whatever the
 * coordinator told once it must tell again, word for word: each time all is read from the first event on.
 */
export class Follower {
  readonly violations: string[] = [];
  /** By number, from 1. */
  readonly #seen = new Map<number, RunEvent>();
  readonly #cameAtMs: number[] = [];
  readonly #stop = new AbortController();
  readonly #data: string;
  readonly #run: RunId;
  #client: CoordinatorClient | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(data: string, run: RunId) {
    this.#data = data;
    this.#run = run;
  }

  start(): void {
    this.#work = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#client?.dispose();
    await this.#work;
  }

  get seen(): readonly RunEvent[] {
    return [...this.#seen.values()].sort((left, right) => left.seq - right.seq);
  }

  /** Whether an event came after that moment, and how long after. */
  firstAfter(moment: number): number | undefined {
    const at = this.#cameAtMs.find((each) => each >= moment);
    return at === undefined ? undefined : at - moment;
  }

  /** The run as the coordinator shows it now; undefined when nobody answers. */
  async show(): Promise<RunLine | undefined> {
    const client = this.#client;
    if (client === null) return undefined;
    const reply = await inTime(client.request("run.show", { run: this.#run }));
    return reply?.ok === true ? reply.value : undefined;
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const client = await openClient(this.#data);
      if (client !== null) await this.#read(client);
      if (!this.#stop.signal.aborted) await delay(RETRY_MS);
    }
  }

  async #read(client: CoordinatorClient): Promise<void> {
    this.#client = client;
    try {
      for await (const event of followEvents(client, this.#run, 0, this.#stop.signal)) this.#take(event);
    } catch {
      // The coordinator is gone, with which the reading ends.
    } finally {
      this.#client = null;
      client.dispose();
    }
  }

  #take(event: RunEvent): void {
    const before = this.#seen.get(event.seq);
    if (before === undefined) {
      if (event.type !== "Heartbeat") this.#cameAtMs.push(performance.now());
      this.#seen.set(event.seq, event);
    } else if (!isDeepStrictEqual(before, event)) {
      this.violations.push(
        `event ${String(event.seq)} was told as ${JSON.stringify(before)}, and then as ${JSON.stringify(event)}`,
      );
    }
  }
}
