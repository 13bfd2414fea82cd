import { findNear } from "../expression/near.ts";
import { formatCircle, MAX_CYCLES, type GraphProblem, type Vertex } from "./vertex.ts";

/** Why the alternative of a node can never run in its place. Rules FILE-6, FAULT-3. */
export function checkAlternative(
  vertex: Vertex,
  vertices: readonly Vertex[],
  indices: ReadonlyMap<string, number>,
  names: readonly string[],
): readonly GraphProblem[] {
  const name = vertex.alternative;
  if (name === null) return [];
  const refuse = (message: string, suggestion: string | null = null): readonly GraphProblem[] => [
    { path: [...vertex.path, "fault", "then", "runAlternative"], code: "alternative", message, suggestion },
  ];
  if (name === vertex.id) return refuse(`"${name}" is its own alternative`);
  const index = indices.get(name);
  const alternative = index === undefined ? undefined : vertices[index];
  if (alternative === undefined)
    return refuse(
      `the alternative "${name}" of "${vertex.id}" is not among its siblings`,
      findNear(name, names, vertex.id),
    );
  if (alternative.dependsOn.includes(vertex.id))
    return refuse(`the alternative "${name}" waits for "${vertex.id}", in whose place it would run`);
  if (vertex.dependsOn.includes(name))
    return refuse(`"${vertex.id}" waits for its own alternative "${name}", which runs only when it fails`);
  return [];
}

/** Alternatives of each other, round in a circle: each runs only when another of them has failed, so none ever starts. */
export function findAlternativeCircles(
  vertices: readonly Vertex[],
  indices: ReadonlyMap<string, number>,
): readonly GraphProblem[] {
  const problems: GraphProblem[] = [];
  /** The walk in which each was come upon. */
  const seen = new Map<Vertex, number>();
  for (const [walk, start] of vertices.entries()) {
    const way: Vertex[] = [];
    let at: Vertex | undefined = start;
    while (at !== undefined && !seen.has(at)) {
      seen.set(at, walk);
      way.push(at);
      const next: number | undefined =
        at.alternative === null || at.alternative === at.id ? undefined : indices.get(at.alternative);
      at = next === undefined ? undefined : vertices[next];
    }
    if (at === undefined || seen.get(at) !== walk || problems.length >= MAX_CYCLES) continue;
    const circle = way.slice(way.indexOf(at)).map(({ id }) => id);
    problems.push({
      path: [...at.path, "fault", "then", "runAlternative"],
      code: "alternative",
      message: `these are alternatives in a circle, so none of them would ever start: ${formatCircle(circle)}`,
      suggestion: null,
    });
  }
  return problems;
}
