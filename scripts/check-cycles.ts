import { importEdges } from "./check-imports.ts";
import type { Edge } from "./check-imports.ts";
import { printFindings, readSources } from "./check-sources.ts";
import type { Findings, Source } from "./check-sources.ts";

/** Fails on imports that run in a circle when the code runs; circles of types alone are noted. */
export function checkCycles(sources: readonly Source[]): Findings {
  const edges = importEdges(sources);
  const inCode = findCycles(edges.filter((edge) => !edge.isType));
  const inTypes = findCycles(edges).filter((cycle) => !inCode.includes(cycle));
  return {
    problems: inCode.map((cycle) => `imports run in a circle: ${cycle}`),
    notes: inTypes.map((cycle) => `types import each other in a circle: ${cycle}`),
  };
}

/** One cycle for every edge that leads back to a file still being walked, as `a -> b -> a`. */
function findCycles(edges: readonly Edge[]): readonly string[] {
  const targets = Map.groupBy(edges, (edge) => edge.from);
  const done = new Set<string>();
  const cycles = new Set<string>();
  const walk = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) cycles.add(toText(trail.slice(start)));
    if (start >= 0 || done.has(file)) return;
    for (const edge of targets.get(file) ?? []) walk(edge.to, [...trail, file]);
    done.add(file);
  };
  for (const file of targets.keys()) walk(file, []);
  return [...cycles].sort();
}

/** The same text for the same cycle, wherever the walk entered it. */
function toText(cycle: readonly string[]): string {
  const first = [...cycle].sort()[0] ?? "";
  const at = cycle.indexOf(first);
  return [...cycle.slice(at), ...cycle.slice(0, at), first].join(" -> ");
}

if (import.meta.main) printFindings(checkCycles(readSources()));
