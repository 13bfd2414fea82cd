import type { Json } from "../base/json.ts";
import { dependencyNames, member } from "./names.ts";

/** The sibling that stands by for a node, by its id. Rule FAULT-3. */
export type AlternativeOf = (node: Json, id: string) => string | null;

/** Steps of searching siblings for an order between two of them. */
const MAX_STEPS = 1_000_000;

/** Siblings of unknown soundness by the order of their starts. */
export class SiblingOrder {
  /** Each one's place; what waits in a circle has none. */
  readonly places: ReadonlyMap<number, number>;
  /** Who starts only once this one has ended. */
  readonly #dependants: readonly (readonly number[])[];
  #steps = 0;

  constructor(list: readonly Json[], alternativeOf: AlternativeOf) {
    const before = toDependencies(list, alternativeOf);
    const dependants: number[][] = list.map(() => []);
    before.forEach((dependencies, index) => dependencies.forEach((one) => dependants[one]?.push(index)));
    this.#dependants = dependants;
    this.places = toPlaces(
      before.map((dependencies) => dependencies.size),
      dependants,
    );
  }

  /** Whether `to` starts only once `from` has ended. True as well when too many of such questions took too long. */
  leadsTo(from: number, to: number): boolean {
    const end = this.places.get(to) ?? 0;
    const seen = new Set([from]);
    const pending = [from];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === to || (this.#steps += 1) > MAX_STEPS) return true;
      for (const after of this.#dependants[next] ?? []) {
        if (seen.has(after) || (this.places.get(after) ?? Infinity) > end) continue;
        seen.add(after);
        pending.push(after);
      }
    }
    return false;
  }
}

/** A standby waits for those in whose place it runs and for nobody else; who waits for it waits for these, too. */
function toDependencies(list: readonly Json[], alternativeOf: AlternativeOf): readonly ReadonlySet<number>[] {
  const indices = new Map<Json, number>();
  list.forEach((node, index) => indices.set(member(node, "id") ?? null, index));
  const principals = new Map<number, number[]>();
  list.forEach((node, index) => {
    const id = member(node, "id");
    const standby = typeof id === "string" ? indices.get(alternativeOf(node, id)) : undefined;
    if (standby === undefined) return;
    const known = principals.get(standby);
    if (known === undefined) principals.set(standby, [index]);
    else known.push(index);
  });
  return list.map((node, index) => {
    const own = principals.get(index);
    if (own !== undefined) return new Set(own);
    const named = dependencyNames(node).flatMap((name) => indices.get(name) ?? []);
    return new Set(named.flatMap((one) => [one, ...(principals.get(one) ?? [])]));
  });
}

function toPlaces(counts: readonly number[], dependants: readonly (readonly number[])[]): ReadonlyMap<number, number> {
  const left = [...counts];
  const places = new Map<number, number>();
  const ready = left.flatMap((count, index) => (count === 0 ? [index] : []));
  for (const index of ready) {
    places.set(index, places.size);
    for (const after of dependants[index] ?? []) {
      const remaining = (left[after] ?? 0) - 1;
      left[after] = remaining;
      if (remaining === 0) ready.push(after);
    }
  }
  return places;
}
