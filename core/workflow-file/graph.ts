import { findNear } from "../expression/near.ts";
import type { DataPath } from "./source.ts";

/** A node among its siblings, as far as order goes. */
export interface Vertex {
  readonly id: string;
  readonly path: DataPath;
  readonly dependsOn: readonly string[];
  /** Whether `dependsOn` is a list in the file, so that its entries have places of their own. */
  readonly isListed: boolean;
  readonly alternative: string | null;
}

export interface GraphProblem {
  readonly path: DataPath;
  readonly code: string;
  readonly message: string;
  readonly suggestion: string | null;
}

const MAX_COMPARED = 1_000;
const MAX_SUGGESTIONS = 200;
const MAX_CYCLE_SHOWN = 20;
const MAX_CYCLES = 100;

/**
 * What is wrong with the order of siblings: ids used twice, dependencies that are missing, on the node itself or in a circle, and
 * alternatives that can never run. In a sequence each also waits for the one before it. Rules FILE-2, FILE-6, FAULT-3.
 */
export function checkGraph(vertices: readonly Vertex[], isSequence: boolean): readonly GraphProblem[] {
  const indices = new Map<string, number>();
  const problems: GraphProblem[] = [];
  vertices.forEach(({ id, path }, index) => {
    if (!indices.has(id)) indices.set(id, index);
    else
      problems.push({
        path: [...path, "id"],
        code: "duplicate-id",
        message: `the id "${id}" is used twice among siblings`,
        suggestion: null,
      });
  });
  const names = [...indices.keys()].slice(0, MAX_COMPARED);
  for (const vertex of vertices) {
    // Looking for near misses takes long; the first problems are the ones that are read.
    const near = problems.length < MAX_SUGGESTIONS ? names : [];
    problems.push(...checkDependencies(vertex, indices, near), ...checkAlternative(vertex, vertices, indices, near));
  }
  return [...problems, ...findCycles(vertices, indices, isSequence)];
}

function entryPath(vertex: Vertex, index: number): DataPath {
  return vertex.isListed ? [...vertex.path, "dependsOn", index] : [...vertex.path, "dependsOn"];
}

function checkDependencies(
  vertex: Vertex,
  indices: ReadonlyMap<string, number>,
  names: readonly string[],
): readonly GraphProblem[] {
  return vertex.dependsOn.flatMap((name, index): GraphProblem[] => {
    const path = entryPath(vertex, index);
    if (name === vertex.id)
      return [{ path, code: "self-dependency", message: `"${name}" depends on itself`, suggestion: null }];
    if (indices.has(name)) return [];
    return [
      {
        path,
        code: "missing-dependency",
        message: `"${vertex.id}" depends on "${name}", which is not among its siblings`,
        suggestion: findNear(name, names, vertex.id),
      },
    ];
  });
}

function checkAlternative(
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
    return refuse(`the alternative "${name}" of "${vertex.id}" is not among its siblings`, findNear(name, names));
  if (alternative.dependsOn.includes(vertex.id))
    return refuse(`the alternative "${name}" waits for "${vertex.id}", in whose place it would run`);
  if (vertex.dependsOn.includes(name))
    return refuse(`"${vertex.id}" waits for its own alternative "${name}", which runs only when it fails`);
  if (alternative.alternative === vertex.id)
    return refuse(`"${vertex.id}" and "${name}" are each other's alternatives, so neither would ever start`);
  return [];
}

/** One problem for each edge that closes a circle, found depth first without recursion: a chain may be as long as a file. */
function findCycles(
  vertices: readonly Vertex[],
  indices: ReadonlyMap<string, number>,
  isSequence: boolean,
): readonly GraphProblem[] {
  const problems: GraphProblem[] = [];
  const isDone = new Set<number>();
  const edges = (index: number): readonly number[] => {
    const named = (vertices[index]?.dependsOn ?? [])
      .map((name) => indices.get(name) ?? -1)
      .filter((to) => to >= 0 && to !== index);
    return isSequence && index > 0 ? [...named, index - 1] : named;
  };
  for (let root = 0; root < vertices.length && problems.length < MAX_CYCLES; root++) {
    if (isDone.has(root)) continue;
    const stack = [{ index: root, rest: [...edges(root)] }];
    const onStack = new Set([root]);
    for (
      let frame = stack.at(-1);
      frame !== undefined;
      frame = problems.length < MAX_CYCLES ? stack.at(-1) : undefined
    ) {
      const next = frame.rest.shift();
      if (next === undefined) {
        isDone.add(frame.index);
        onStack.delete(frame.index);
        stack.pop();
      } else if (onStack.has(next)) {
        const circle = stack.slice(stack.findIndex((each) => each.index === next)).map((each) => each.index);
        problems.push(describeCycle(circle, vertices));
      } else if (!isDone.has(next)) {
        stack.push({ index: next, rest: [...edges(next)] });
        onStack.add(next);
      }
    }
  }
  return problems;
}

function describeCycle(circle: readonly number[], vertices: readonly Vertex[]): GraphProblem {
  const first = circle.indexOf(circle.reduce((least, index) => Math.min(least, index), Infinity));
  const turned = [...circle.slice(first), ...circle.slice(0, first)].map((index) => vertices[index]?.id ?? "");
  const shown = turned.length > MAX_CYCLE_SHOWN ? [...turned.slice(0, MAX_CYCLE_SHOWN), "…"] : turned;
  const vertex = circle.map((index) => vertices[index]).find((each) => each !== undefined && each.dependsOn.length > 0);
  const path = vertex === undefined ? [] : [...vertex.path, "dependsOn"];
  return {
    path,
    code: "cycle",
    message: `these wait for each other: ${[...shown, turned[0]].join(" -> ")}`,
    suggestion: null,
  };
}
