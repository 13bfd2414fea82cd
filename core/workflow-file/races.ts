import type { Json } from "../base/json.ts";
import { childLists, isList, isMap, member } from "./names.ts";
import { SiblingOrder, type AlternativeOf } from "./sibling-order.ts";
import type { DataPath } from "./source.ts";

/** Two writes of one variable of which nobody can say which comes last. */
export interface Race {
  /** Of the later of the two in the file: its place in `set`. */
  readonly path: DataPath;
  readonly message: string;
}

/** Races told of one workflow. */
const MAX_RACES = 100;

/**
 * Tasks that may run at once and write the same variable: siblings without an order between them, and the items of a `forEach` where
 * the write does not read what was there before. Takes nodes of unknown soundness. Rule FILE-6.
 */
export function findRaces(nodes: readonly Json[], path: DataPath, alternativeOf: AlternativeOf): readonly Race[] {
  const finder = new RaceFinder(alternativeOf);
  finder.visitList(nodes, path, [], false);
  return finder.races;
}

/** A task that writes a variable. */
interface Writer {
  /** Ids on the way to it. */
  readonly ids: readonly string[];
  readonly path: DataPath;
}

/** Who writes a variable somewhere below: somebody, and somebody who does not read what was there before. */
interface Writers {
  readonly some: Writer;
  readonly blind: Writer | null;
}

/** The same among siblings, by which of them. */
interface SiblingWriters {
  readonly index: number;
  readonly writers: Writers;
}

class RaceFinder {
  readonly races: Race[] = [];
  readonly #alternativeOf: AlternativeOf;

  constructor(alternativeOf: AlternativeOf) {
    this.#alternativeOf = alternativeOf;
  }

  /** What is written by some siblings and in them, by variable. */
  visitList(
    list: readonly Json[],
    path: DataPath,
    ids: readonly string[],
    isSequence: boolean,
  ): ReadonlyMap<string, Writers> {
    const found = new Map<string, SiblingWriters[]>();
    list.forEach((node, index) => {
      for (const [name, writers] of this.#visitNode(node, [...path, index], ids)) {
        const known = found.get(name);
        if (known === undefined) found.set(name, [{ index, writers }]);
        else known.push({ index, writers });
      }
    });
    if (!isSequence) this.#compareSiblings(list, found);
    return new Map([...found].map(([name, all]) => [name, merge(all.map(({ writers }) => writers))]));
  }

  #visitNode(node: Json, path: DataPath, around: readonly string[]): ReadonlyMap<string, Writers> {
    const ids = [...around, String(member(node, "id") ?? "?")];
    const all = new Map<string, Writers[]>();
    const put = (name: string, writers: Writers): void => {
      all.set(name, [...(all.get(name) ?? []), writers]);
    };
    const set = member(node, "set");
    if (isMap(set))
      for (const [name, source] of Object.entries(set)) {
        const some = { ids, path: [...path, "set", name] };
        put(name, { some, blind: readsVariable(String(source), name) ? null : some });
      }
    const type = member(node, "type");
    const isSequence = type === "pipeline" || type === "conditional";
    for (const { key, list } of childLists(node))
      for (const [name, writers] of this.visitList(list, [...path, key], ids, isSequence)) put(name, writers);
    const found = new Map([...all].map(([name, writers]) => [name, merge(writers)]));
    if (repeatsAtOnce(node)) this.#reportItems(ids, found);
    return found;
  }

  #reportItems(ids: readonly string[], found: ReadonlyMap<string, Writers>): void {
    const id = ids.at(-1) ?? "";
    for (const [name, { blind }] of found)
      if (blind !== null)
        this.#add(blind, `the items of "${id}" may run at once, and each of them writes the variable "${name}"`);
  }

  /** Writers in the order of their starts: where each leads to the next, all have an order. */
  #compareSiblings(list: readonly Json[], found: ReadonlyMap<string, readonly SiblingWriters[]>): void {
    const shared = [...found].filter(([, all]) => all.length > 1);
    if (shared.length === 0) return;
    const order = new SiblingOrder(list, this.#alternativeOf);
    const placeOf = ({ index }: SiblingWriters): number => order.places.get(index) ?? -1;
    for (const [name, all] of shared) {
      const inOrder = all.filter((one) => placeOf(one) >= 0).sort((a, b) => placeOf(a) - placeOf(b));
      inOrder.forEach((one, position) => {
        const before = inOrder[position - 1];
        if (before === undefined || order.leadsTo(before.index, one.index)) return;
        const [first, second] = before.index < one.index ? [before, one] : [one, before];
        const names = [first, second].map(({ writers }) => `"${writers.some.ids.join("/")}"`).join(" and ");
        this.#add(second.writers.some, `${names} may run at once, and both write the variable "${name}"`);
      });
    }
  }

  #add({ path }: Writer, what: string): void {
    const message = `${what}: what it holds depends on which of them ends last`;
    if (this.races.length < MAX_RACES) this.races.push({ path, message });
  }
}

function merge(all: readonly Writers[]): Writers {
  const [first, ...rest] = all;
  if (first === undefined) throw new RangeError("expected at least one writer");
  return { some: first.some, blind: first.blind ?? rest.find(({ blind }) => blind !== null)?.blind ?? null };
}

/** Adding to a variable, say, comes out the same in any order. */
function readsVariable(source: string, name: string): boolean {
  return source.includes(`variables.${name}`) || /variables\s*\[/.test(source);
}

/** A `forEach` whose items run beside each other. */
function repeatsAtOnce(node: Json): boolean {
  if (member(node, "type") !== "parallel" || member(node, "maxConcurrency") === 1) return false;
  const forEach = member(node, "forEach");
  return forEach !== undefined && !(isList(forEach) && forEach.length <= 1);
}
