import type { Json, JsonObject } from "../base/json.ts";
import { heapRest, heapWith, type PersistentHeap } from "../base/persistent-heap.ts";
import { emptyMap, mapGet, mapHas, mapValues, mapWith, type PersistentMap } from "../base/persistent-map.ts";
import type { AgentId, NodePath } from "../model/id.ts";
import type { FileRef, NodeFailure } from "../model/run.ts";

/** How a node of the original ended, as far as a fork may take it over. */
export type KeptOutcome =
  | {
      readonly kind: "completed";
      readonly result: Json;
      readonly files: readonly FileRef[];
      /** Variables that the task itself wrote, beside those of its `set`, which is evaluated anew. */
      readonly written: JsonObject;
      /** Who has its files. */
      readonly agent: AgentId | null;
    }
  /** It failed for good, and the run went on without it. `context`: the policies by which it did. */
  | { readonly kind: "failed"; readonly failure: NodeFailure; readonly context: string }
  /** A person said so. */
  | { readonly kind: "by-hand"; readonly state: "completed" | "skipped"; readonly result: Json; readonly by: string };

/** Files of the workflow's folder that an attempt was given: what was asked for, and what was found. */
export interface OwnFiles {
  readonly globs: readonly string[];
  readonly module: string | null;
  readonly files: readonly FileRef[];
}

/** The path of the original whose result a node uses, and who has its files. */
export interface KeptMark {
  readonly path: NodePath;
  readonly agent: AgentId | null;
}

/** What one node of the original came to. */
export interface KeptResult {
  /** In the original. */
  readonly path: NodePath;
  /** What the node is: see `recipeOfPlan`; of what a person did, `recipeByHand`. */
  readonly recipe: string;
  /** The number of the event that ended it: the order in which variables were written. */
  readonly order: number;
  /** The new definition has no such place: a node of another name may be the same. */
  readonly loose: boolean;
  readonly outcome: KeptOutcome;
  readonly own: OwnFiles | null;
}

/** What is known of a node of the original that is no task, or of a task that did nothing. */
export interface KeptEnd {
  readonly path: NodePath;
  /** How it ended: see `endDigest`; null when it had not. */
  readonly digest: string | null;
  /** Of a `forEach`: its items, see `itemMark`. */
  readonly items: readonly string[];
}

/** Ways to what was kept. Each result is used by one node only. */
export interface KeptBook {
  readonly results: PersistentMap<KeptResult>;
  /** Loose results by recipe, the oldest first. */
  readonly byRecipe: PersistentMap<PersistentHeap<KeptResult>>;
  readonly ends: PersistentMap<KeptEnd>;
  /** Which node of the fork uses the result of which path. */
  readonly claims: PersistentMap<NodePath>;
  /** Nodes that a person wants to run again: nothing in them is kept. */
  readonly refused: PersistentMap<true>;
}

/** Nothing kept yet. */
export const NOTHING_KEPT: KeptBook = {
  results: emptyMap(),
  byRecipe: emptyMap(),
  ends: emptyMap(),
  claims: emptyMap(),
  refused: emptyMap(),
};

/** The place of a node in the file: its path without items and iterations. */
export function placeOf(path: NodePath): string {
  return path.replace(/\[\d+\]/g, "");
}

/** A book with more in it. */
export function addKept(book: KeptBook, results: readonly KeptResult[], ends: readonly KeptEnd[]): KeptBook {
  let next = book;
  for (const result of results) {
    next = { ...next, results: mapWith(next.results, result.path, result) };
    if (!result.loose) continue;
    const heap = heapWith(mapGet(next.byRecipe, result.recipe) ?? null, result, byOrder);
    next = { ...next, byRecipe: mapWith(next.byRecipe, result.recipe, heap) };
  }
  let all = next.ends;
  for (const end of ends) all = mapWith(all, end.path, end);
  return { ...next, ends: all };
}

/** Who has which files of what a fork may keep: its original may be gone, and its agents still have them. */
export function keptFiles(
  book: KeptBook | null,
): readonly { readonly agent: AgentId; readonly files: readonly FileRef[] }[] {
  if (book === null) return [];
  return [...mapValues(book.results)].flatMap(({ outcome }) =>
    outcome.kind === "completed" && outcome.agent !== null && outcome.files.length > 0
      ? { agent: outcome.agent, files: outcome.files }
      : [],
  );
}

/**
 * The result that a node may keep: that of the node that it was in the original, else of a node that is no more. Null when there is
 * none of this recipe that no other node uses. `was`: see `NodeRecord`.
 */
export function findKept(book: KeptBook, path: NodePath, was: NodePath | null, recipe: string): KeptResult | null {
  const own = was === null ? undefined : mapGet(book.results, was);
  if (own?.recipe === recipe && isFree(book, own, path)) return own;
  const first = mapGet(book.byRecipe, recipe)?.value;
  return first !== undefined && isFree(book, first, path) ? first : null;
}

function isFree(book: KeptBook, result: KeptResult, path: NodePath): boolean {
  const claimed = mapGet(book.claims, result.path);
  return claimed === undefined || claimed === path;
}

/** A book in which a node uses a result. */
export function claimKept(book: KeptBook, from: NodePath, path: NodePath): KeptBook {
  const result = mapGet(book.results, from);
  if (result === undefined) return book;
  const claims = mapWith(book.claims, from, path);
  if (!result.loose) return { ...book, claims };
  const before = mapGet(book.byRecipe, result.recipe) ?? null;
  let heap = before;
  while (heap !== null && mapHas(claims, heap.value.path)) heap = heapRest(heap, byOrder);
  return { ...book, claims, byRecipe: heap === before ? book.byRecipe : mapWith(book.byRecipe, result.recipe, heap) };
}

/**
 * Which item of the original each item is: the same value, preferably at the same index; else what was at its index, unless that is
 * another one now; else none, null.
 */
export function matchItems(before: readonly string[], now: readonly string[]): readonly (number | null)[] {
  const found: (number | null)[] = now.map((mark, index) => (before[index] === mark ? index : null));
  const used = new Set<number | null>(found);
  const left = new Map<string, number[]>();
  before.forEach((mark, index) => {
    if (used.has(index)) return;
    const list = left.get(mark);
    if (list === undefined) left.set(mark, [index]);
    else list.push(index);
  });
  for (const list of left.values()) list.reverse();
  now.forEach((mark, index) => {
    if (found[index] !== null) return;
    const old = left.get(mark)?.pop() ?? null;
    found[index] = old;
    used.add(old);
  });
  return found.map((old, index) => old ?? (index < before.length && !used.has(index) ? index : null));
}

function byOrder(a: KeptResult, b: KeptResult): number {
  return a.order - b.order;
}
