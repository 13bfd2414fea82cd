import type { Result } from "#core/base/result.ts";
import { err, ok } from "#core/base/result.ts";
import type { ClientFrame, IpcError, ServerFrame } from "#core/ipc/frames.ts";
import { IPC_VERSION, serverFrameSchema } from "#core/ipc/frames.ts";
import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import { methodReplies } from "#core/ipc/replies.ts";
import type { OpenTransport, Transport } from "./transport.ts";

export type ClientStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "online"; readonly hello: MethodResults["hello"] }
  | { readonly kind: "offline"; readonly error: IpcError };

/** What a watched topic is told. */
export type TopicFrame = Extract<ServerFrame, { kind: "snapshot" | "patch" | "topic-gone" }>;
export type TopicSink = (frame: TopicFrame) => void;

/** Calls back once after a while; the returned function takes it back. */
export type After = (delayMs: number, callback: () => void) => () => void;

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
const REQUEST_LIMIT_MS = 60_000;
const HELLO_LIMIT_MS = 10_000;

interface Pending {
  readonly settle: (result: Result<unknown, IpcError>) => void;
  readonly stopTimer: () => void;
}

/**
 * Speaks with the coordinator: requests, and topics that are watched again after every reconnect. Requests made while there is no
 * connection fail at once with `offline`; one whose answer was lost with the connection fails with `disconnected`.
 */
export class Client {
  readonly #open: OpenTransport;
  readonly #after: After;
  readonly #pending = new Map<number, Pending>();
  readonly #sinks = new Map<string, Set<TopicSink>>();
  readonly #listeners = new Set<(status: ClientStatus) => void>();
  #transport: Transport | null = null;
  #status: ClientStatus = { kind: "connecting" };
  #nextId = 1;
  #retryMs = FIRST_RETRY_MS;
  #stopRetry: () => void = () => undefined;
  #isClosed = false;

  constructor(open: OpenTransport, after: After) {
    this.#open = open;
    this.#after = after;
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** Tells every change of the status. The returned function ends it. */
  onStatus(listener: (status: ClientStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, and goes on trying; also ends a wait for the next try. */
  connect(): void {
    if (this.#isClosed || this.#transport !== null) return;
    this.#stopRetry();
    this.#transport = this.#open({
      onOpen: () => void this.#greet(),
      onFrame: (text) => this.#receive(text),
      onClose: () => this.#lose({ code: "offline", message: "The connection to the coordinator ended." }),
    });
  }

  dispose(): void {
    this.#isClosed = true;
    this.#stopRetry();
    this.#transport?.close();
    this.#transport = null;
    this.#failPending();
  }

  async request<M extends MethodName>(method: M, params: MethodParams<M>): Promise<Result<MethodResults[M], IpcError>> {
    if (this.#status.kind !== "online") {
      return err({ code: "offline", message: "There is no connection to the coordinator." });
    }
    return this.#ask(method, params, REQUEST_LIMIT_MS);
  }

  /** Watches a topic; several may watch the same, each gets a snapshot. The returned function ends it. */
  watch(topic: string, sink: TopicSink): () => void {
    const sinks = this.#sinks.get(topic) ?? new Set();
    this.#sinks.set(topic, sinks.add(sink));
    if (this.#status.kind === "online") this.#send({ kind: "watch", topic });
    return () => {
      if (!sinks.delete(sink) || sinks.size > 0 || this.#sinks.get(topic) !== sinks) return;
      this.#sinks.delete(topic);
      if (this.#status.kind === "online") this.#send({ kind: "unwatch", topic });
    };
  }

  /** Asks for a new snapshot: how a sink heals a gap in its patches. */
  renew(topic: string): void {
    if (this.#sinks.has(topic) && this.#status.kind === "online") this.#send({ kind: "watch", topic });
  }

  async #greet(): Promise<void> {
    const hello = await this.#ask("hello", { version: IPC_VERSION, client: "window" }, HELLO_LIMIT_MS);
    if (this.#isClosed) return;
    if (!hello.ok) {
      if (hello.error.code !== "disconnected") this.#lose(hello.error);
      return;
    }
    this.#retryMs = FIRST_RETRY_MS;
    this.#setStatus({ kind: "online", hello: hello.value });
    for (const topic of this.#sinks.keys()) this.#send({ kind: "watch", topic });
  }

  #ask<M extends MethodName>(
    method: M,
    params: MethodParams<M>,
    limitMs: number,
  ): Promise<Result<MethodResults[M], IpcError>> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve) => {
      const stopTimer = this.#after(limitMs, () => {
        this.#settle(id, err({ code: "no-answer", message: `No answer to ${method} within ${limitMs / 1_000} s.` }));
      });
      const settle = (result: Result<unknown, IpcError>): void =>
        resolve(result.ok ? parseReply(method, result.value) : result);
      this.#pending.set(id, { settle, stopTimer });
      this.#send({ kind: "request", id, method, params });
    });
  }

  #send(frame: ClientFrame): void {
    this.#transport?.send(JSON.stringify(frame));
  }

  #receive(text: string): void {
    const frame = parseServerFrame(text);
    if (frame === null) {
      this.#lose({ code: "bad-frame", message: "The coordinator sent something this window does not understand." });
    } else if (frame.kind === "reply") {
      this.#settle(frame.id, ok(frame.result));
    } else if (frame.kind === "failure") {
      this.#settle(frame.id, err(frame.error));
    } else {
      for (const sink of this.#sinks.get(frame.topic) ?? []) sink(frame);
    }
  }

  #settle(id: number, result: Result<unknown, IpcError>): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.stopTimer();
    pending.settle(result);
  }

  #lose(error: IpcError): void {
    this.#transport?.close();
    this.#transport = null;
    this.#setStatus({ kind: "offline", error });
    this.#failPending();
    if (this.#isClosed) return;
    this.#stopRetry = this.#after(this.#retryMs, () => this.connect());
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #failPending(): void {
    const error = { code: "disconnected", message: "The connection ended before the answer came." };
    for (const id of [...this.#pending.keys()]) this.#settle(id, err(error));
  }

  #setStatus(status: ClientStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }
}

function parseReply<M extends MethodName>(method: M, value: unknown): Result<MethodResults[M], IpcError> {
  const parsed = methodReplies[method].safeParse(value);
  if (parsed.success) return ok(parsed.data);
  return err({ code: "bad-frame", message: `The answer to ${method} is not what this window expects.` });
}

function parseServerFrame(text: string): ServerFrame | null {
  try {
    const parsed = serverFrameSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
