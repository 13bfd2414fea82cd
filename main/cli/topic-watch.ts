import { topicParts } from "#core/ipc/replies.ts";
import type { IpcError, ServerFrame } from "#core/ipc/frames.ts";
import type { Topics } from "#core/ipc/topics.ts";

/** What a watch tells. A `patch` belongs to exactly what was told before it; after a gap comes a `snapshot`. */
export type TopicNews<K extends keyof Topics> =
  | { readonly kind: "snapshot"; readonly head: Topics[K]["head"]; readonly items: readonly Topics[K]["item"][] }
  | {
      readonly kind: "patch";
      /** Undefined: as it was. */
      readonly head: Topics[K]["head"] | undefined;
      readonly upsert: readonly Topics[K]["item"][];
      readonly remove: readonly string[];
    }
  | { readonly kind: "gone"; readonly error: IpcError };

export type TopicListener<K extends keyof Topics> = (news: TopicNews<K>) => void;
type TopicFrame = Extract<ServerFrame, { readonly topic: string }>;

/** Takes what the coordinator sends of one topic: null, or what was wrong with the frame. */
export interface TopicReceiver {
  receive(frame: TopicFrame): string | null;
}

/** One watched topic: checks what comes, keeps to the version's order, asks again after a gap. */
export class TopicWatch<K extends keyof Topics> implements TopicReceiver {
  readonly #kind: K;
  readonly #listener: TopicListener<K>;
  readonly #askAgain: () => void;
  #version: number | null = null;

  constructor(kind: K, listener: TopicListener<K>, askAgain: () => void) {
    this.#kind = kind;
    this.#listener = listener;
    this.#askAgain = askAgain;
  }

  receive(frame: TopicFrame): string | null {
    try {
      this.#apply(frame);
      return null;
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      return `what the coordinator told about ${frame.topic} was not understood: ${found.slice(0, 500)}`;
    }
  }

  #apply(frame: TopicFrame): void {
    const parts = topicParts[this.#kind];
    switch (frame.kind) {
      case "snapshot": {
        this.#version = frame.version;
        const items = frame.items.map((item) => parts.item.parse(item));
        return this.#listener({ kind: "snapshot", head: parts.head.parse(frame.head), items });
      }
      case "patch": {
        // Until the snapshot that was asked for has come, patches belong to something we do not have.
        if (this.#version === null) return;
        if (frame.version !== this.#version + 1) {
          this.#version = null;
          return this.#askAgain();
        }
        this.#version = frame.version;
        const head = frame.head === undefined ? undefined : parts.head.parse(frame.head);
        const upsert = frame.upsert.map((item) => parts.item.parse(item));
        return this.#listener({ kind: "patch", head, upsert, remove: frame.remove });
      }
      case "topic-gone":
        return this.#listener({ kind: "gone", error: frame.error });
    }
  }
}
