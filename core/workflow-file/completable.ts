import type { Json } from "../base/json.ts";
import { dependencyNames, isList, member } from "./names.ts";

/**
 * How many of some siblings can complete: not the alternatives, which only stand in for others, nor what is skipped whatever happens.
 * Takes nodes of unknown soundness. Rules FILE-6, NODE-3, NODE-7.
 */
export function countCompletable(nodes: readonly Json[]): number {
  const alternatives = alternativesAmong(nodes);
  const skipped = skippedAmong(nodes);
  return nodes.filter((node, index) => !alternatives.has(member(node, "id")) && !skipped.has(index)).length;
}

/** Siblings that count at all. */
export function countCounting(nodes: readonly Json[]): number {
  const alternatives = alternativesAmong(nodes);
  return nodes.filter((node) => !alternatives.has(member(node, "id"))).length;
}

/** Whether a composite of these nodes is skipped because all of them are. */
export function isAllSkipped(nodes: readonly Json[]): boolean {
  return nodes.length > 0 && countCompletable(nodes) === 0;
}

function alternativesAmong(nodes: readonly Json[]): ReadonlySet<Json | undefined> {
  const named = nodes.map((node) => member(member(member(node, "fault"), "then"), "runAlternative"));
  return new Set(named.filter((name) => name !== undefined));
}

/** The indexes of what conditions always skip, and of what depends on nothing else. */
function skippedAmong(nodes: readonly Json[]): ReadonlySet<number> {
  const dependants = new Map<Json, number[]>();
  const left = nodes.map((node, index) => {
    const names = new Set(dependencyNames(node));
    for (const name of names) {
      const known = dependants.get(name);
      if (known === undefined) dependants.set(name, [index]);
      else known.push(index);
    }
    return names.size;
  });
  const skipped = new Set(nodes.flatMap((node, index) => (isAlwaysSkipped(node) ? [index] : [])));
  for (const index of skipped) {
    for (const dependant of dependants.get(member(nodes[index], "id") ?? null) ?? []) {
      const remaining = (left[dependant] ?? 0) - 1;
      left[dependant] = remaining;
      if (remaining === 0) skipped.add(dependant);
    }
  }
  return skipped;
}

/** Whether a node is skipped whatever happens, by what is written in it. */
function isAlwaysSkipped(node: Json): boolean {
  switch (member(node, "type")) {
    case "conditional": {
      const condition = String(member(node, "if")).trim();
      const branches = condition === "true" ? ["then"] : condition === "false" ? ["else"] : ["then", "else"];
      return branches.every((key) => {
        const list = member(node, key);
        return list === undefined || (isList(list) && (list.length === 0 || isAllSkipped(list)));
      });
    }
    case "pipeline":
      return areNodesSkipped(node);
    case "parallel":
      return member(node, "forEach") === undefined && areNodesSkipped(node);
    default:
      return false;
  }
}

function areNodesSkipped(node: Json): boolean {
  const nodes = member(node, "nodes");
  return isList(nodes) && isAllSkipped(nodes);
}
