import type { NodeDefinition } from "../model/workflow.ts";

/** The order of siblings, as indexes into the list they were written in. */
export interface Topology {
  readonly index: ReadonlyMap<string, number>;
  /** What each waits for, and who waits for each. Names of nobody are left out: the parser has refused them. */
  readonly dependencies: readonly (readonly number[])[];
  readonly dependants: readonly (readonly number[])[];
  /** Those that run only in another's place, and in whose. Rule FAULT-3. */
  readonly standbys: ReadonlyMap<number, readonly number[]>;
  /** The sibling before each in a sequence, or -1. */
  readonly previous: readonly number[];
  /** The one whose result stands for the whole: the last that is no standby, or -1. */
  readonly last: number;
}

/** Only memos: a topology is a function of the list, which is never changed, and goes when the list goes. */
const graphs = new WeakMap<readonly NodeDefinition[], Topology>();
const sequences = new WeakMap<readonly NodeDefinition[], Topology>();

/** Siblings ordered by `dependsOn` alone. Rule NODE-3. */
export function toGraph(nodes: readonly NodeDefinition[]): Topology {
  let topology = graphs.get(nodes);
  if (topology === undefined) graphs.set(nodes, (topology = build(nodes, "graph")));
  return topology;
}

/** Siblings that run one after the other as written, whatever they say. Rule NODE-4. */
export function toSequence(nodes: readonly NodeDefinition[]): Topology {
  let topology = sequences.get(nodes);
  if (topology === undefined) sequences.set(nodes, (topology = build(nodes, "sequence")));
  return topology;
}

function build(nodes: readonly NodeDefinition[], order: "graph" | "sequence"): Topology {
  const index = new Map(nodes.map((node, position) => [node.id, position]));
  const standbys = toStandbys(nodes, index);
  const previous = toPrevious(nodes.length, standbys);
  const dependencies = nodes.map((node, position) => {
    if (standbys.has(position)) return [];
    if (order === "graph") return toDependencies(node, position, index, standbys);
    const before = previous[position] ?? -1;
    return before < 0 ? [] : [before];
  });
  const dependants: number[][] = nodes.map(() => []);
  dependencies.forEach((list, position) => list.forEach((dependency) => dependants[dependency]?.push(position)));
  const last = nodes.findLastIndex((_, position) => !standbys.has(position));
  return { index, dependencies, dependants, standbys, previous, last };
}

/** Who runs only in another's place, and in whose. */
function toStandbys(nodes: readonly NodeDefinition[], index: ReadonlyMap<string, number>): Map<number, number[]> {
  const standbys = new Map<number, number[]>();
  nodes.forEach(({ fault }, position) => {
    const standby = fault.then.kind === "runAlternative" ? index.get(fault.then.id) : undefined;
    if (standby === undefined || standby === position) return;
    const users = standbys.get(standby);
    if (users === undefined) standbys.set(standby, [position]);
    else users.push(position);
  });
  return standbys;
}

/** Each sibling once. Whoever waits for a standby waits for those in whose place it would run. */
function toDependencies(
  node: NodeDefinition,
  position: number,
  index: ReadonlyMap<string, number>,
  standbys: ReadonlyMap<number, readonly number[]>,
): readonly number[] {
  const found = node.dependsOn.flatMap((id) => index.get(id) ?? []).flatMap((one) => standbys.get(one) ?? one);
  return [...new Set(found)].filter((one) => one !== position && !standbys.has(one));
}

function toPrevious(length: number, standbys: ReadonlyMap<number, unknown>): number[] {
  const previous: number[] = [];
  let before = -1;
  for (let position = 0; position < length; position += 1) {
    previous.push(before);
    if (!standbys.has(position)) before = position;
  }
  return previous;
}
