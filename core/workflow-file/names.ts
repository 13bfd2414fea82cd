import type { Json } from "../base/json.ts";
import type { Names } from "../expression/scope-types.ts";

export const NO_NAMES: Names = new Set<string>();

/** The ids a node sees: its siblings' without its own, then those of the levels around it. */
export class Siblings implements Names {
  readonly #ids: ReadonlySet<string>;
  readonly #self: string | null;
  readonly #outer: Names;

  constructor(ids: ReadonlySet<string>, self: string | null, outer: Names) {
    this.#ids = ids;
    this.#self = self;
    this.#outer = outer;
  }

  has(name: string): boolean {
    return (name !== this.#self && this.#ids.has(name)) || this.#outer.has(name);
  }

  *[Symbol.iterator](): Iterator<string> {
    for (const id of this.#ids) if (id !== this.#self) yield id;
    yield* this.#outer;
  }
}

/** The lists of nodes a node of unknown soundness holds, by key. */
export function childLists(raw: Json): readonly { readonly key: string; readonly list: readonly Json[] }[] {
  return ["nodes", "then", "else"].flatMap((key) => {
    const list = member(raw, key);
    return isList(list) ? [{ key, list }] : [];
  });
}

/** The ids of siblings, as far as they have one. */
export function toIds(nodes: readonly Json[]): ReadonlySet<string> {
  return new Set(nodes.map((node) => member(node, "id")).filter((id) => typeof id === "string"));
}

/** What a node of unknown soundness names in `dependsOn`. */
export function dependencyNames(node: Json): readonly Json[] {
  const dependsOn = member(node, "dependsOn");
  if (dependsOn === undefined) return [];
  return isList(dependsOn) ? dependsOn : [dependsOn];
}

/** Every variable that some task below writes. Rule FILE-9. */
export function collectSetNames(nodes: readonly Json[], names: Set<string> = new Set()): Set<string> {
  for (const node of nodes) {
    const set = member(node, "set");
    if (isMap(set)) for (const name of Object.keys(set)) names.add(name);
    for (const { list } of childLists(node)) collectSetNames(list, names);
  }
  return names;
}

/** A member of what may be a map. */
export function member(raw: Json | undefined, key: string): Json | undefined {
  return isMap(raw) && Object.hasOwn(raw, key) ? raw[key] : undefined;
}

export function isMap(raw: Json | undefined): raw is Readonly<Record<string, Json>> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

export function isList(raw: Json | undefined): raw is readonly Json[] {
  return Array.isArray(raw);
}
