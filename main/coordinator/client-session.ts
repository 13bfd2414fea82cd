import { MAX_TOPICS, type ClientFrame, type IpcError, type ServerFrame, clientFrameSchema } from "#core/ipc/frames.ts";
import type { Log } from "#core/ports/log.ts";
import { type TopicFeed, openFeed } from "./topic.ts";
import { toMessage } from "./to-error.ts";
import type { Changes, Views } from "./views.ts";

/** Unsent bytes above which a client is told nothing more until it has caught up; then it gets a new snapshot. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

/** Where frames go; see `main/host/session.ts`. */
export interface FrameSink {
  send(frame: string): void;
  unsentBytes(): number;
  end(reason: string): void;
}

/** Answers a request; rejects with an `IpcError` shaped value by `toIpcError`. */
export type Responder = (method: string, params: unknown) => Promise<unknown>;

interface Watched {
  readonly feed: TopicFeed;
  version: number;
  /** It fell behind, or must start over: the next thing it is told is a snapshot. */
  isStale: boolean;
}

/** One client's conversation: requests answered, topics told as a snapshot and numbered patches. */
export class ClientSession {
  readonly #views: Views;
  readonly #sink: FrameSink;
  readonly #respond: Responder;
  readonly #log: Log;
  readonly #watched = new Map<string, Watched>();
  #isClosed = false;

  constructor(views: Views, sink: FrameSink, respond: Responder, log: Log) {
    this.#views = views;
    this.#sink = sink;
    this.#respond = respond;
    this.#log = log;
  }

  receive(text: string): void {
    if (this.#isClosed) return;
    const frame = parseFrame(text);
    if (frame === null) {
      this.#log.warn("a client sent a frame that cannot be read", { bytes: text.length });
      this.close();
      this.#sink.end("a frame could not be read: expected a request, watch or unwatch as JSON");
      return;
    }
    switch (frame.kind) {
      case "request":
        void this.#answer(frame.id, frame.method, frame.params);
        return;
      case "watch":
        this.#watch(frame.topic);
        return;
      case "unwatch":
        this.#watched.delete(frame.topic);
        return;
    }
  }

  async #answer(id: number, method: string, params: unknown): Promise<void> {
    try {
      this.#send({ kind: "reply", id, ok: true, result: await this.#respond(method, params) });
    } catch (error) {
      this.#send({ kind: "failure", id, error: toIpcError(error) });
    }
  }

  #watch(topic: string): void {
    const feed = openFeed(topic, this.#views);
    if (feed === null) return this.#gone(topic, `there is no topic “${topic}”`);
    if (!this.#watched.has(topic) && this.#watched.size >= MAX_TOPICS) {
      return this.#gone(topic, `at most ${String(MAX_TOPICS)} topics can be watched at once: unwatch one first`);
    }
    const watched = { feed, version: 0, isStale: true };
    this.#watched.set(topic, watched);
    this.#guard(topic, () => this.#tellSnapshot(topic, watched));
  }

  /** What cannot be read ends the one topic. */
  #guard(topic: string, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#log.error("a topic could not be told", { topic, message: toMessage(error) });
      this.#watched.delete(topic);
      this.#send({ kind: "topic-gone", topic, error: toIpcError(error) });
    }
  }

  #gone(topic: string, message: string): void {
    this.#watched.delete(topic);
    this.#send({ kind: "topic-gone", topic, error: { code: "not-found", message } });
  }

  #tellSnapshot(topic: string, watched: Watched): void {
    const snapshot = watched.feed.snapshot();
    if (snapshot === null) return this.#gone(topic, `there is nothing behind “${topic}” (any more)`);
    watched.version += 1;
    watched.isStale = false;
    this.#send({ kind: "snapshot", topic, version: watched.version, head: snapshot.head, items: [...snapshot.items] });
  }

  /** Tells what changed. Returns true when there is more to tell although nothing else changed. */
  tell(changes: Changes): boolean {
    let hasMore = false;
    for (const [topic, watched] of this.#watched) {
      if (this.#sink.unsentBytes() > MAX_UNSENT_BYTES) watched.isStale = true;
      else if (watched.isStale) this.#guard(topic, () => this.#tellSnapshot(topic, watched));
      else this.#guard(topic, () => this.#tellPatch(topic, watched, changes));
      hasMore ||= watched.isStale || watched.feed.hasMore();
    }
    return hasMore;
  }

  #tellPatch(topic: string, watched: Watched, changes: Changes): void {
    const patch = watched.feed.patch(changes);
    if (patch === null) return;
    if (patch === "gone") return this.#gone(topic, `what was behind “${topic}” is gone`);
    if (patch === "restart") return this.#tellSnapshot(topic, watched);
    watched.version += 1;
    this.#send({
      kind: "patch",
      topic,
      version: watched.version,
      ...patch,
      upsert: [...patch.upsert],
      remove: [...patch.remove],
    });
  }

  #send(frame: ServerFrame): void {
    if (!this.#isClosed) this.#sink.send(JSON.stringify(frame));
  }

  close(): void {
    this.#isClosed = true;
    this.#watched.clear();
  }
}

function parseFrame(text: string): ClientFrame | null {
  try {
    const parsed = clientFrameSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** What a client is told of an error: its code and message when it has them; a bug shows as `internal`. */
export function toIpcError(error: unknown): IpcError {
  if (error instanceof Error) {
    const code = "code" in error && typeof error.code === "string" ? error.code : "internal";
    return {
      code,
      message: error.message,
      ...("details" in error && error.details !== undefined ? { details: error.details } : {}),
    };
  }
  return { code: "internal", message: String(error) };
}
