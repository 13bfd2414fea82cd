import type { Disposable } from "#core/base/dispose.ts";
import type { Result } from "#core/base/result.ts";
import { err, ok } from "#core/base/result.ts";
import { IPC_VERSION, serverFrameSchema } from "#core/ipc/frames.ts";
import type { ClientFrame, IpcError, ServerFrame } from "#core/ipc/frames.ts";
import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import { methodReplies } from "#core/ipc/replies.ts";
import type { Topics } from "#core/ipc/topics.ts";
import { TopicWatch } from "./topic-watch.ts";
import type { TopicListener, TopicReceiver } from "./topic-watch.ts";
import type { FrameChannel } from "../host/frame-channel.ts";
import { CommandError } from "./command-error.ts";

/** The id of a failure that says why the coordinator ends the conversation; requests count from 1. */
const NO_REQUEST = 0;

interface Waiting {
  settle(outcome: Result<unknown, IpcError>): void;
}

/** What a request comes to when the conversation ends before its answer. */
export const LOST = "lost";

/** A conversation with a coordinator, over whatever carries its frames. Everything received is checked before it is used. */
export class CoordinatorClient implements Disposable {
  /** Settles with the reason when the conversation is over. */
  readonly ended: Promise<string>;
  readonly #channel: FrameChannel;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watches = new Map<string, TopicReceiver>();
  readonly #end: (reason: string) => void;
  #endReason: string | null = null;
  #nextId = 1;

  private constructor(channel: FrameChannel) {
    this.#channel = channel;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#end = resolve;
    channel.onFrame((frame) => this.#receive(frame));
    channel.onEnd((reason) => this.#close(this.#endReason ?? reason));
  }

  /** Introduces itself. Throws `CommandError` when the coordinator refuses or speaks another version. */
  static async open(channel: FrameChannel, name: string): Promise<CoordinatorClient> {
    const client = new CoordinatorClient(channel);
    const hello = await client.ask("hello", { version: IPC_VERSION, client: name });
    if (hello.version === IPC_VERSION) return client;
    client.dispose();
    const versions = `version ${hello.version} of the messages, this command version ${IPC_VERSION}`;
    throw new CommandError("version", `the coordinator speaks ${versions}: use the same release for both`);
  }

  request<M extends MethodName>(method: M, params: MethodParams<M>): Promise<Result<MethodResults[M], IpcError>> {
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<Result<MethodResults[M], IpcError>>();
    if (this.#endReason !== null) return Promise.resolve(err({ code: LOST, message: this.#endReason }));
    this.#waiting.set(id, {
      settle(outcome) {
        if (!outcome.ok) return resolve(outcome);
        const parsed = methodReplies[method].safeParse(outcome.value);
        if (parsed.success) return resolve(ok(parsed.data));
        const found = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).slice(0, 3);
        resolve(
          err({
            code: "reply",
            message: `the coordinator's answer to ${method} was not understood: ${found.join("; ")}`,
          }),
        );
      },
    });
    this.#send({ kind: "request", id, method, params });
    return promise;
  }

  /** Like `request`, but a refusal is thrown as the `CommandError` that ends a command. */
  async ask<M extends MethodName>(method: M, params: MethodParams<M>): Promise<MethodResults[M]> {
    const outcome = await this.request(method, params);
    if (outcome.ok) return outcome.value;
    throw new CommandError(outcome.error.code, outcome.error.message);
  }

  /** Follows a topic until the returned function is called. One watch per topic. A gap heals by itself with a new snapshot. */
  watch<K extends keyof Topics>(kind: K, topic: string, listener: TopicListener<K>): () => void {
    const watch = new TopicWatch(kind, listener, () => this.#send({ kind: "watch", topic }));
    this.#watches.set(topic, watch);
    this.#send({ kind: "watch", topic });
    return () => {
      if (this.#watches.delete(topic)) this.#send({ kind: "unwatch", topic });
    };
  }

  dispose(): void {
    this.#close("closed");
    this.#channel.close();
  }

  #send(frame: ClientFrame): void {
    if (this.#endReason === null) this.#channel.send(JSON.stringify(frame));
  }

  #receive(text: string): void {
    if (this.#endReason !== null) return;
    const frame = parseFrame(text);
    if (frame === null)
      return this.#giveUp("the coordinator sent something that is no frame: use the same release for both");
    switch (frame.kind) {
      case "reply":
        return this.#settle(frame.id, ok(frame.result));
      case "failure":
        if (frame.id === NO_REQUEST) return this.#giveUp(frame.error.message);
        return this.#settle(frame.id, err(frame.error));
      default: {
        const problem = this.#watches.get(frame.topic)?.receive(frame) ?? null;
        if (problem !== null) this.#giveUp(problem);
      }
    }
  }

  #settle(id: number, outcome: Result<unknown, IpcError>): void {
    this.#waiting.get(id)?.settle(outcome);
    this.#waiting.delete(id);
  }

  #giveUp(reason: string): void {
    this.#close(reason);
    this.#channel.close();
  }

  #close(reason: string): void {
    if (this.#endReason !== null) return;
    this.#endReason = reason;
    for (const waiting of this.#waiting.values()) waiting.settle(err({ code: LOST, message: reason }));
    this.#waiting.clear();
    this.#watches.clear();
    this.#end(reason);
  }
}

function parseFrame(text: string): ServerFrame | null {
  try {
    const parsed = serverFrameSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    // Not JSON: the caller says so.
    return null;
  }
}
