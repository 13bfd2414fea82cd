import type { TopicFrame } from "./client.ts";

/** What came of a frame. After a `gap` the mirror stays as it is until the next snapshot. */
export type Applied = "applied" | "gap" | "ignored";

/** How a topic's items are told apart, and when a change of one is more than a new value. */
export interface ItemRules<Item> {
  /** The key of an item, or null when it is no item of this topic. */
  keyOf(item: unknown): string | null;
  hasSameStructure(before: Item, after: Item): boolean;
}

/** The window's copy of a topic: the newest header and items, kept up to date patch by patch, in place. */
export class TopicMirror<Head, Item> {
  readonly #rules: ItemRules<Item>;
  readonly items = new Map<string, Item>();
  head: Head | null = null;
  /** Rises when items come, go, or change their structure. */
  structure = 0;
  #version: number | null = null;

  constructor(rules: ItemRules<Item>) {
    this.#rules = rules;
  }

  apply(frame: Exclude<TopicFrame, { kind: "topic-gone" }>): Applied {
    if (frame.kind === "snapshot") {
      this.items.clear();
      this.structure += 1;
      this.head = frame.head as Head;
      this.#upsert(frame.items);
      this.#version = frame.version;
      return "applied";
    }
    if (this.#version === null) return "ignored";
    if (frame.version <= this.#version) return "ignored";
    if (frame.version !== this.#version + 1) {
      this.#version = null;
      return "gap";
    }
    this.#version = frame.version;
    if (frame.head !== undefined) this.head = frame.head as Head;
    this.#upsert(frame.upsert);
    for (const key of frame.remove) if (this.items.delete(key)) this.structure += 1;
    return "applied";
  }

  #upsert(items: readonly unknown[]): void {
    for (const item of items) {
      const key = this.#rules.keyOf(item);
      if (key === null) continue;
      const after = item as Item;
      const before = this.items.get(key);
      if (before === undefined || !this.#rules.hasSameStructure(before, after)) this.structure += 1;
      this.items.set(key, after);
    }
  }
}

/** Rules of a topic whose items carry their key in a field and have no structure of their own. */
export function keyedBy<Item>(field: string): ItemRules<Item> {
  return {
    keyOf: (item) => {
      if (typeof item !== "object" || item === null || !(field in item)) return null;
      const key: unknown = Reflect.get(item, field);
      return typeof key === "string" ? key : typeof key === "number" ? String(key) : null;
    },
    hasSameStructure: () => true,
  };
}
