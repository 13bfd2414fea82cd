import { findNear } from "../expression/near.ts";
import { checkAlternative, findAlternativeCircles } from "./alternatives.ts";
import type { DataPath } from "./source.ts";
import { formatCircle, MAX_CYCLES, type GraphProblem, type Vertex } from "./vertex.ts";

const MAX_COMPARED = 1_000;
const MAX_SUGGESTIONS = 200;

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
  return [
    ...problems,
    ...findAlternativeCircles(vertices, indices),
    ...findCycles(vertices, toEdges(vertices, indices, isSequence)),
  ];
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

/**
 * For whom each waits, by index: those it names, in a sequence the one before, and for whoever waits for an alternative those in whose
 * place it runs.
 */
function toEdges(
  vertices: readonly Vertex[],
  indices: ReadonlyMap<string, number>,
  isSequence: boolean,
): (index: number) => readonly number[] {
  const principals = new Map<number, number[]>();
  vertices.forEach(({ alternative }, index) => {
    const standby = alternative === null ? undefined : indices.get(alternative);
    if (standby === undefined) return;
    const known = principals.get(standby);
    if (known === undefined) principals.set(standby, [index]);
    else known.push(index);
  });
  return (index) => {
    const named = (vertices[index]?.dependsOn ?? []).flatMap((name) => indices.get(name) ?? []);
    const before = isSequence && index > 0 ? [index - 1] : [];
    return [...named, ...named.flatMap((to) => principals.get(to) ?? []), ...before].filter((to) => to !== index);
  };
}

/** One problem for each edge that closes a circle, found depth first without recursion: a chain may be as long as a file. */
function findCycles(vertices: readonly Vertex[], edges: (index: number) => readonly number[]): readonly GraphProblem[] {
  const problems: GraphProblem[] = [];
  const isDone = new Set<number>();
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
  const vertex = circle.map((index) => vertices[index]).find((each) => each !== undefined && each.dependsOn.length > 0);
  const path = vertex === undefined ? [] : [...vertex.path, "dependsOn"];
  return {
    path,
    code: "cycle",
    message: `these wait for each other: ${formatCircle(turned)}`,
    suggestion: null,
  };
}
