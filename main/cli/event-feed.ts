import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import { topicName } from "#core/ipc/topics.ts";
import type { CoordinatorClient } from "./client.ts";
import { CommandError } from "./command-error.ts";
import type { TopicNews } from "./topic-watch.ts";

/** Events kept while whoever reads them is slower than they come; above it they are asked for again, page by page. */
const MAX_BUFFERED = 10_000;
const PAGE_SIZE = 1_000;

/** The events of a run up to now, from the one after `after`. */
export async function* readEvents(client: CoordinatorClient, run: RunId, after: number): AsyncGenerator<RunEvent> {
  for (;;) {
    const page = await client.ask("run.events", { run, after, limit: PAGE_SIZE });
    for (const event of page) {
      yield event;
      after = event.seq;
    }
    if (page.length < PAGE_SIZE) return;
  }
}

/** The events of a run in order and without gaps, from the one after `after`, until `signal` aborts. */
export async function* followEvents(
  client: CoordinatorClient,
  run: RunId,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  const buffer = new EventBuffer();
  const stop = client.watch("events", topicName.events(run), (news) => buffer.take(news));
  const wake = (): void => buffer.wake();
  signal.addEventListener("abort", wake);
  void client.ended.then((reason) => buffer.fail(new CommandError("lost", reason)));
  try {
    while (!signal.aborted) {
      const event = buffer.next(after);
      if (event !== null) {
        yield event;
        after = event.seq;
      } else if (buffer.newest > after) {
        const before = after;
        for await (const missing of readEvents(client, run, after)) {
          if (signal.aborted) return;
          yield missing;
          after = missing.seq;
        }
        if (after === before) await buffer.changed();
      } else await buffer.changed();
    }
  } finally {
    signal.removeEventListener("abort", wake);
    stop();
  }
}

/** What the topic told and was not read yet. */
class EventBuffer {
  newest = 0;
  readonly #events = new Map<number, RunEvent>();
  #wake: (() => void) | null = null;
  #failure: CommandError | null = null;

  take(news: TopicNews<"events">): void {
    if (news.kind === "gone") return this.fail(new CommandError(news.error.code, news.error.message));
    for (const event of news.kind === "snapshot" ? news.items : news.upsert) {
      this.newest = Math.max(this.newest, event.seq);
      this.#events.set(event.seq, event);
    }
    if (this.#events.size > MAX_BUFFERED) this.#events.clear();
    this.wake();
  }

  /** The event after `after` if it is here. What comes before it is forgotten. */
  next(after: number): RunEvent | null {
    const event = this.#events.get(after + 1) ?? null;
    if (event !== null) this.#events.delete(event.seq);
    else if (this.#events.size > 0 && this.newest <= after) this.#events.clear();
    return event;
  }

  /** Settles at the next change; throws when there will be none. */
  async changed(): Promise<void> {
    if (this.#failure === null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    if (this.#failure !== null) throw this.#failure;
  }

  fail(failure: CommandError): void {
    this.#failure ??= failure;
    this.wake();
  }

  wake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
