import type { Json, JsonObject } from "#core/base/json.ts";
import type { NodeFailure, NodeState, PauseMode } from "#core/model/run.ts";
import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";

/** How a node counts for what is around it, once that is certain. */
export type Settled = "completed" | "failed" | "skipped" | "cancelled";

/** A time that stands still with what it belongs to. */
export type NaiveTimer = { readonly at: number } | { readonly left: number };

/** A node of a run, as told by the event log and nothing else. Written for plainness: everything is looked up, nothing is counted ahead. */
export interface NaiveNode {
  readonly path: string;
  readonly parent: NaiveNode | null;
  readonly id: string;
  /** Among all nodes written in its parent. */
  readonly position: number;
  readonly level: number;
  readonly kind: NodeDefinition["type"] | "group" | "workflow";
  readonly definition: NodeDefinition | null;
  readonly item: Json;
  /** Of the branch that was not taken. */
  readonly isApart: boolean;
  state: NodeState;
  settled: Settled | null;
  cause: string | null;
  fellInTurn: number;
  fellAlone: boolean;
  /** A person sent it back: a standby then runs whether it is needed or not. */
  wasSentBack: boolean;
  /** It has a place under `maxConcurrency`. */
  isActive: boolean;
  after: string;
  failure: NodeFailure | null;
  attempt: number;
  tries: number;
  undone: number;
  losses: number;
  hold: PauseMode | null;
  queued: "task" | "compensation" | null;
  live: {
    readonly fence: number;
    readonly agent: string;
    readonly purpose: "task" | "compensation";
    isSuspended: boolean;
  } | null;
  timers: Map<string, NaiveTimer>;
  endedSeq: number;
  isUndone: boolean;
  undoing: { readonly paths: readonly string[]; next: number; trouble: boolean } | null;
  result: Json;
  children: NaiveNode[];
  shape: "nodes" | "items" | "iterations" | "workflow" | null;
  times: number | null;
  /** Of a workflow. */
  inputs: JsonObject;
  variables: Record<string, Json>;
}

type Birth = Pick<NaiveNode, "path" | "parent" | "id" | "position" | "kind" | "definition"> &
  Partial<Pick<NaiveNode, "item" | "isApart" | "attempt">>;

export function createNaiveNode(birth: Birth): NaiveNode {
  return {
    item: null,
    isApart: false,
    attempt: 0,
    ...birth,
    level: birth.parent === null ? 0 : birth.parent.level + 1,
    state: "idle",
    settled: null,
    cause: null,
    fellInTurn: 0,
    fellAlone: false,
    wasSentBack: false,
    isActive: false,
    after: "none",
    failure: null,
    tries: 0,
    undone: 0,
    losses: 0,
    hold: null,
    queued: null,
    live: null,
    timers: new Map(),
    endedSeq: 0,
    isUndone: false,
    undoing: null,
    result: null,
    children: [],
    shape: null,
    times: null,
    inputs: {},
    variables: {},
  };
}

export function isFinal(state: string): boolean {
  return state === "completed" || state === "failed" || state === "skipped" || state === "cancelled";
}

/** The nodes written inside a composite. */
export function writtenIn(node: NaiveNode, top: WorkflowDefinition): readonly NodeDefinition[] {
  const { definition, kind } = node;
  if (kind === "workflow" || definition === null) return top.nodes;
  switch (definition.type) {
    case "task":
      return [];
    case "conditional":
      return [...definition.then, ...definition.else];
    case "subworkflow":
      return definition.definition.nodes;
    default:
      return definition.nodes;
  }
}

export function* around(node: NaiveNode): Generator<NaiveNode> {
  for (let outer: NaiveNode | null = node; outer !== null; outer = outer.parent) yield outer;
}

export function* within(node: NaiveNode): Generator<NaiveNode> {
  yield node;
  for (const child of node.children) yield* within(child);
}

export function isHeld(node: NaiveNode): boolean {
  for (const outer of around(node)) if (outer.hold !== null) return true;
  return false;
}

export function isFrozen(node: NaiveNode): boolean {
  for (const outer of around(node)) if (outer.hold === "freeze") return true;
  return false;
}

function thenOf(node: NaiveNode): string | null {
  const then = node.kind === "group" ? undefined : node.definition?.fault.then;
  return then?.kind === "runAlternative" ? then.id : null;
}

function siblings(node: NaiveNode): readonly NaiveNode[] {
  return (node.parent?.children ?? []).filter((other) => other !== node && !other.isApart);
}

/** Those in whose place a node would run. */
export function principalsOf(node: NaiveNode): readonly NaiveNode[] {
  return node.kind === "group" ? [] : siblings(node).filter((other) => thenOf(other) === node.id);
}

export function alternativeOf(node: NaiveNode): NaiveNode | undefined {
  const id = thenOf(node);
  return id === null ? undefined : siblings(node).find((other) => other.id === id);
}

export function isStandby(node: NaiveNode): boolean {
  return principalsOf(node).length > 0;
}

/** Children whose ends mean something to their parent. */
export function counted(node: NaiveNode): readonly NaiveNode[] {
  return node.children.filter((child) => !child.isApart && !isStandby(child));
}

/** Whether the children of a node run one after the other as written. */
export function isSequence(node: NaiveNode): boolean {
  return node.kind === "pipeline" || node.kind === "conditional";
}

/** What a node waits for. */
export function dependenciesOf(node: NaiveNode): readonly NaiveNode[] {
  const { parent, definition } = node;
  if (parent === null || isStandby(node) || node.kind === "group") return [];
  if (isSequence(parent)) {
    const before = counted(parent).filter(({ position }) => position < node.position);
    return before.slice(-1);
  }
  const named = siblings(node).filter(({ id }) => definition?.dependsOn.includes(id));
  return [...new Set(named.flatMap((one) => (isStandby(one) ? principalsOf(one) : [one])))].filter(
    (one) => one !== node,
  );
}

/** The siblings a node names, as it names them. */
export function namedBy(node: NaiveNode): readonly NaiveNode[] {
  return node.kind === "group" ? [] : siblings(node).filter(({ id }) => node.definition?.dependsOn.includes(id));
}

export function isDone(node: NaiveNode): boolean {
  return node.settled === "completed" || node.settled === "skipped";
}
