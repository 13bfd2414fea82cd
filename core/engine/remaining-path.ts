import { type RunTimes, expectedMs, toPattern } from "../model/run-times.ts";
import type { NodeDefinition } from "../model/workflow.ts";
import { parentOf, topologyOf } from "./records.ts";
import type { Body, NodeRecord, RunState } from "./state.ts";
import { toGraph, toSequence, type Topology } from "./topology.ts";

/**
 * What is still to be done one after the other from the start of a node to the end of its run, through everything around it, by the times
 * that the run was created with: milliseconds, or tasks where nothing was known. Costs the depth of the node. Rule FLEET-7.
 */
export function remainingPath(state: RunState, record: NodeRecord): number {
  let length = 0;
  for (
    let node = record, parent = parentOf(state, node);
    parent !== undefined;
    node = parent, parent = parentOf(state, node)
  )
    if (parent.body !== null) length += remainingInside(state.expected, parent, parent.body, node, node === record);
  return length;
}

/** What comes in `parent` from the start of `node` on; of a node around the one meant, only what comes after it. */
function remainingInside(
  expected: RunTimes,
  parent: NodeRecord,
  body: Body,
  node: NodeRecord,
  isFirst: boolean,
): number {
  const prefix = toPattern(parent.path);
  const topology = topologyOf(parent, body);
  if (topology !== null) {
    const at = node.position - body.offset;
    const { from, own } = chainsOf(expected, body.nodes, topology, prefix);
    return (from[at] ?? 0) - (isFirst ? 0 : (own[at] ?? 0));
  }
  if (body.shape !== "iterations" || body.times === null) return 0;
  const iterations = Math.max(0, body.times - 1 - node.position);
  return iterations * longest(expected, body.nodes, toGraph(body.nodes), `${prefix}[]`);
}

interface Chains {
  /** What each node takes by itself. */
  readonly own: readonly number[];
  /** The longest chain of dependants that begins with each, itself included. */
  readonly from: readonly number[];
}

/** Only a memo: a function of the times, the list and where it stands, none of which changes. */
const memo = new WeakMap<RunTimes, WeakMap<readonly NodeDefinition[], Map<string, Chains>>>();

function chainsOf(expected: RunTimes, nodes: readonly NodeDefinition[], topology: Topology, prefix: string): Chains {
  const ofTimes = memo.get(expected) ?? new WeakMap<readonly NodeDefinition[], Map<string, Chains>>();
  memo.set(expected, ofTimes);
  const ofNodes = ofTimes.get(nodes) ?? new Map<string, Chains>();
  ofTimes.set(nodes, ofNodes);
  let chains = ofNodes.get(prefix);
  if (chains === undefined) {
    const own = nodes.map((node) => weigh(expected, node, prefix === "" ? node.id : `${prefix}/${node.id}`));
    ofNodes.set(prefix, (chains = { own, from: toChains(topology, own) }));
  }
  return chains;
}

function longest(expected: RunTimes, nodes: readonly NodeDefinition[], topology: Topology, prefix: string): number {
  return chainsOf(expected, nodes, topology, prefix).from.reduce((most, one) => Math.max(most, one), 0);
}

/** What a node takes if everything in it finds an agent at once; a loop counts once unless it says how often. */
function weigh(expected: RunTimes, node: NodeDefinition, pattern: string): number {
  switch (node.type) {
    case "task":
      return expectedMs(expected, pattern);
    case "pipeline":
      return longest(expected, node.nodes, toSequence(node.nodes), pattern);
    case "parallel":
      return longest(expected, node.nodes, toGraph(node.nodes), node.forEach === null ? pattern : `${pattern}[]`);
    case "conditional":
      return Math.max(
        longest(expected, node.then, toSequence(node.then), pattern),
        longest(expected, node.else, toSequence(node.else), pattern),
      );
    case "loop": {
      const { repeat } = node;
      const times = repeat.kind === "times" && typeof repeat.times === "number" ? repeat.times : 1;
      return times * longest(expected, node.nodes, toGraph(node.nodes), `${pattern}[]`);
    }
    case "subworkflow":
      return longest(expected, node.definition.nodes, toGraph(node.definition.nodes), pattern);
  }
}

/** Longest chains, leaves first. In a cycle, which the parser refuses, nodes keep their own. */
function toChains({ dependencies, dependants }: Topology, own: readonly number[]): readonly number[] {
  const from = [...own];
  const left = dependants.map((list) => list.length);
  const pending = left.flatMap((count, position) => (count === 0 ? [position] : []));
  for (let position = pending.pop(); position !== undefined; position = pending.pop()) {
    for (const dependency of dependencies[position] ?? []) {
      from[dependency] = Math.max(from[dependency] ?? 0, (own[dependency] ?? 0) + (from[position] ?? 0));
      const remaining = (left[dependency] ?? 0) - 1;
      left[dependency] = remaining;
      if (remaining === 0) pending.push(dependency);
    }
  }
  return from;
}
