import type { TopicFrame } from "./client.ts";

/** What came of a frame. After a `gap` the mirror stays as it is until the next snapshot; `unsound` data is not taken in. */
export type Applied = "applied" | "gap" | "ignored" | "unsound";

/** How a topic's data is checked, how its items are told apart, and when a change of one is more than a new value. */
export interface TopicRules<Head, Item> {
  parseHead(head: unknown): Head | null | undefined;
  parseItem(item: unknown): Item | undefined;
  keyOf(item: Item): string;
  hasSameStructure(before: Item, after: Item): boolean;
}

/** The window's copy of a topic: the newest header and items, kept up to date patch by patch, in place. */
export class TopicMirror<Head, Item> {
  readonly #rules: TopicRules<Head, Item>;
  readonly items = new Map<string, Item>();
  head: Head | null = null;
  /** Rises when items come, go, or change their structure. */
  structure = 0;
  #version: number | null = null;

  constructor(rules: TopicRules<Head, Item>) {
    this.#rules = rules;
  }

  apply(frame: Exclude<TopicFrame, { kind: "topic-gone" }>): Applied {
    if (frame.kind === "patch" && (this.#version === null || frame.version <= this.#version)) return "ignored";
    if (frame.kind === "patch" && frame.version !== (this.#version ?? 0) + 1) {
      this.#version = null;
      return "gap";
    }
    const items = this.#parse(frame.kind === "snapshot" ? frame.items : frame.upsert);
    const head = frame.head === undefined ? this.head : this.#rules.parseHead(frame.head);
    if (items === null || head === undefined) {
      this.#version = null;
      return "unsound";
    }
    if (frame.kind === "snapshot") this.#clear();
    this.#version = frame.version;
    this.change(head, items, frame.kind === "patch" ? frame.remove : []);
    return "applied";
  }

  /** Takes in what was checked already. */
  change(head: Head | null, upsert: readonly Item[], remove: readonly string[]): void {
    this.head = head;
    for (const item of upsert) this.#put(item);
    for (const key of remove) if (this.items.delete(key)) this.structure += 1;
  }

  /** A mirror of its own that has the same now. */
  copy(): TopicMirror<Head, Item> {
    const copy = new TopicMirror(this.#rules);
    copy.change(this.head, [...this.items.values()], []);
    copy.structure = this.structure;
    return copy;
  }

  #parse(items: readonly unknown[]): readonly Item[] | null {
    const parsed: Item[] = [];
    for (const given of items) {
      const item = this.#rules.parseItem(given);
      if (item === undefined) return null;
      parsed.push(item);
    }
    return parsed;
  }

  #clear(): void {
    this.items.clear();
    this.structure += 1;
  }

  #put(item: Item): void {
    const key = this.#rules.keyOf(item);
    const before = this.items.get(key);
    if (before === undefined || !this.#rules.hasSameStructure(before, item)) this.structure += 1;
    this.items.set(key, item);
  }
}
