import type { Json } from "#core/base/json.ts";
import type { EventData } from "#core/engine/event-data.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import { createNaiveNode, type NaiveNode, within, writtenIn } from "./naive-node.ts";

/** A rule that a run broke. */
export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`[${rule}] ${message}`);
    this.rule = rule;
  }
}

/** The data of an event, as the log tells it. */
export type Told<Kind extends EventData["kind"]> = Extract<EventData, { readonly kind: Kind }>;

/** What the naive interpreter knows of a run in the middle of its log. */
export interface Course {
  readonly nodes: Map<string, NaiveNode>;
  readonly seq: number;
  /** Fences whose end was accepted. */
  readonly ended: Set<string>;
  readonly assigned: Set<string>;
  /** Attempts of which the coordinator was told that they succeeded, as `path#fence`. */
  readonly successes: ReadonlySet<string>;
  readonly definition: WorkflowDefinition | null;
  /** The last fence given. */
  fence: number;
  readonly turn: number;
  /** The last attempt of nodes that are no more, so that attempts keep rising. */
  readonly attempts: Map<string, number>;
  /** The next events of the same turn. */
  readonly upcoming: readonly RunEvent[];
  /** Nodes that fell in this turn: what is around them must have ended. */
  fallen: NaiveNode[];
  /** Compensations that lost their agent, and keep their number. */
  readonly lostUndoings: Set<string>;
}

export function nodeAt(course: Course, path: string): NaiveNode {
  const node = course.nodes.get(path);
  if (node === undefined) throw new Violation("FILE-2", `there is no node ${path}`);
  return node;
}

export function writtenInside(course: Course, node: NaiveNode): readonly NodeDefinition[] {
  return course.definition === null ? [] : writtenIn(node, course.definition);
}

export function addNode(
  course: Course,
  parent: NaiveNode,
  definition: NodeDefinition,
  position: number,
  isApart: boolean,
): NaiveNode {
  const path = parent.path === "" ? definition.id : `${parent.path}/${definition.id}`;
  return addAny(course, { path, parent, id: definition.id, position, kind: definition.type, definition, isApart });
}

export function addGroup(course: Course, parent: NaiveNode, position: number, item: Json): NaiveNode {
  const number = parent.shape === "items" ? position : position + 1;
  const path = `${parent.path}[${String(number)}]`;
  return addAny(course, { path, parent, id: path, position, kind: "group", definition: parent.definition, item });
}

export function addAny(course: Course, birth: Parameters<typeof createNaiveNode>[0]): NaiveNode {
  const node = createNaiveNode({ ...birth, attempt: course.attempts.get(birth.path) ?? 0 });
  course.nodes.set(node.path, node);
  birth.parent?.children.push(node);
  birth.parent?.children.sort((a, b) => a.position - b.position);
  return node;
}

export function dropChildren(course: Course, node: NaiveNode, from: number): void {
  for (const child of node.children.splice(from))
    for (const one of within(child)) {
      if (one.live !== null || one.queued !== null)
        throw new Violation(
          "RUN-5",
          `${one.path} starts over while an attempt of it is ${one.live === null ? "queued" : "on an agent"}`,
        );
      course.attempts.set(one.path, one.attempt);
      course.nodes.delete(one.path);
    }
  if (from === 0) node.shape = null;
}

/** Gives a composite its children. */
export function openNode(
  course: Course,
  node: NaiveNode,
  shape: NonNullable<NaiveNode["shape"]>,
  branch: "then" | "else" | null,
  items: readonly Json[] | null,
): void {
  node.shape = shape;
  if (items !== null) return items.forEach((item, index) => void addGroup(course, node, index, item));
  if (shape === "iterations") return;
  writtenInside(course, node).forEach((definition, position) => {
    if (branch !== null && node.definition?.type === "conditional") {
      const isThen = position < node.definition.then.length;
      if (isThen !== (branch === "then")) return;
    }
    addNode(course, node, definition, position, false);
  });
}

export function checkSame(rule: string, node: NaiveNode, what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Violation(rule, `${what} of ${node.path}: found ${a}, expected ${b}`);
}

/** Whether the node was begun only to be ended, by hand or by the limit of all its attempts: then nothing of the rules for a start holds. */
export function endsAtOnce(course: Course, node: NaiveNode): boolean {
  const next = course.upcoming[0];
  const data = next?.data as EventData | undefined;
  if (next?.path !== node.path) return false;
  if (data?.kind === "completed") return data.by !== null;
  // A `set` that cannot be evaluated with what a person gives fails the node.
  return data?.kind === "failed" && (data.by !== null || (data.failure.code === "timeout" && isDue(node, next.time)));
}

export function isDue(node: NaiveNode, time: number): boolean {
  return ["timeout", "total"].some((kind) => {
    const timer = node.timers.get(kind);
    return timer !== undefined && "at" in timer && timer.at <= time;
  });
}

export function setTimer(node: NaiveNode, kind: string, at: number | null, ms: number | null, now: number): void {
  checkSame("FAULT-1", node, `${kind} limit`, at, ms === null ? null : now + ms);
  if (at !== null) node.timers.set(kind, { at });
}
