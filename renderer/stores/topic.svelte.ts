import type { IpcError } from "#core/ipc/frames.ts";
import type { Topics } from "#core/ipc/topics.ts";
import type { Client, TopicFrame } from "./client.ts";
import type { NextFrame } from "./next-frame.ts";
import { TopicMirror } from "./topic-mirror.ts";
import type { TopicRules } from "./topic-mirror.ts";

/** What a topic shows at one moment. `items` is the same map each time; a new view means that something in it changed. */
export interface TopicView<Head, Item> {
  readonly head: Head | null;
  readonly items: ReadonlyMap<string, Item>;
  readonly structure: number;
  readonly isReady: boolean;
  readonly gone: IpcError | null;
}

const UNSOUND: IpcError = {
  code: "bad-frame",
  message: "The coordinator sent something this window does not understand.",
};

/** A watched topic as reactive state. However many patches come, it changes at most once a frame. */
export class Topic<K extends keyof Topics> {
  readonly name: string;
  readonly #client: Client;
  readonly #nextFrame: NextFrame;
  readonly #mirror: TopicMirror<Topics[K]["head"], Topics[K]["item"]>;
  readonly #stop: () => void;
  #view: TopicView<Topics[K]["head"], Topics[K]["item"]> = $state.raw({
    head: null,
    items: new Map(),
    structure: 0,
    isReady: false,
    gone: null,
  });
  #cancelFrame: (() => void) | null = null;

  constructor(
    client: Client,
    nextFrame: NextFrame,
    name: string,
    rules: TopicRules<Topics[K]["head"], Topics[K]["item"]>,
  ) {
    this.name = name;
    this.#client = client;
    this.#nextFrame = nextFrame;
    this.#mirror = new TopicMirror(rules);
    this.#stop = client.watch(name, (frame) => this.#receive(frame));
  }

  get view(): TopicView<Topics[K]["head"], Topics[K]["item"]> {
    return this.#view;
  }

  /** What was told last, which may be newer than what is drawn, to be changed apart from it. */
  copy(): TopicMirror<Topics[K]["head"], Topics[K]["item"]> {
    return this.#mirror.copy();
  }

  dispose(): void {
    this.#stop();
    this.#cancelFrame?.();
  }

  #receive(frame: TopicFrame): void {
    if (frame.kind === "topic-gone") {
      this.#show(frame.error);
      return;
    }
    const applied = this.#mirror.apply(frame);
    if (applied === "gap") this.#client.renew(this.name);
    if (applied === "unsound") this.#show(UNSOUND);
    if (applied !== "applied" || this.#cancelFrame !== null) return;
    this.#cancelFrame = this.#nextFrame(() => this.#show(null));
  }

  #show(gone: IpcError | null): void {
    this.#cancelFrame = null;
    const { head, items, structure } = this.#mirror;
    this.#view = { head, items, structure, isReady: true, gone };
  }
}
