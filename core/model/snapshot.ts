import type { Brand } from "../base/brand.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { EpochMs, RunId } from "./id.ts";
import { NODE_STATES, type NodeState, type WorkflowState } from "./run.ts";

/** `RUN@SEQ-REASON`, such as `20261123-204512-k3f9@57-pause`: a snapshot of the same event for the same reason is the same snapshot. */
export type SnapshotId = Brand<string, "SnapshotId">;

/** Why a snapshot was taken. Rule SNAP-1. */
export type SnapshotReason = "manual" | "pause" | "interval" | "final";
export const SNAPSHOT_REASONS: readonly SnapshotReason[] = ["manual", "pause", "interval", "final"];

const WORKFLOW_STATES: readonly WorkflowState[] = ["idle", "running", "paused", "completed", "failed", "cancelled"];

/** A snapshot without what it holds: what lists show. */
export interface SnapshotHead {
  readonly id: SnapshotId;
  readonly run: RunId;
  /** The workflow's name. */
  readonly workflow: string;
  /** The number of the last event that is in it. */
  readonly seq: number;
  /** When it was taken. */
  readonly time: EpochMs;
  readonly reason: SnapshotReason;
  readonly state: WorkflowState;
  /** SHA-256 of the definition, see `digest`: equal definitions have equal ones. */
  readonly definitionHash: string;
}

/** The state of a run at one of its events, kept. Rule SNAP-1. */
export interface WorkflowSnapshot extends SnapshotHead {
  /** Of every node that exists at that event, by its path; what composites will have exists once they have started. */
  readonly nodeStates: Readonly<Record<string, NodeState>>;
  /** The workflow's own variables. */
  readonly contextVariables: JsonObject;
}

/** The id of a snapshot. */
export function toSnapshotId(run: RunId, seq: number, reason: SnapshotReason): SnapshotId {
  return `${run}@${seq}-${reason}` as SnapshotId;
}

const SNAPSHOT_ID = /^([a-z0-9-]{1,64})@([1-9]\d{0,15})-(manual|pause|interval|final)$/;

/** What a snapshot's id says, or null for any other text. */
export function parseSnapshotId(
  text: string,
): { readonly id: SnapshotId; readonly run: RunId; readonly seq: number; readonly reason: SnapshotReason } | null {
  const [, run, seq, said] = SNAPSHOT_ID.exec(text) ?? [];
  const reason = SNAPSHOT_REASONS.find((one) => one === said);
  if (run === undefined || seq === undefined || reason === undefined) return null;
  return { id: text as SnapshotId, run: run as RunId, seq: Number(seq), reason };
}

/** A head as JSON holds it, checked; null for anything else. */
export function parseSnapshotHead(value: Json): SnapshotHead | null {
  if (!isObject(value)) return null;
  const { id, workflow, seq, time, state, definitionHash } = value;
  const named = typeof id === "string" ? parseSnapshotId(id) : null;
  const known = WORKFLOW_STATES.find((one) => one === state);
  if (named === null || known === undefined || typeof workflow !== "string" || typeof definitionHash !== "string")
    return null;
  if (!isWhole(time) || seq !== named.seq || value["run"] !== named.run || value["reason"] !== named.reason)
    return null;
  return { ...named, workflow, time: time as EpochMs, state: known, definitionHash };
}

/** What is kept beside the head: paths by state, because there are many paths and few states. */
export function fromSnapshotBody({ nodeStates, contextVariables }: WorkflowSnapshot): JsonObject {
  const byState = new Map<NodeState, string[]>();
  for (const [path, state] of Object.entries(nodeStates)) {
    const paths = byState.get(state);
    if (paths === undefined) byState.set(state, [path]);
    else paths.push(path);
  }
  return { contextVariables, nodeStates: Object.fromEntries(byState) };
}

/** The opposite of `fromSnapshotBody`; null for anything that it does not give. */
export function parseSnapshotBody(value: Json): Pick<WorkflowSnapshot, "nodeStates" | "contextVariables"> | null {
  if (!isObject(value)) return null;
  const { contextVariables, nodeStates } = value;
  if (!isObject(contextVariables) || !isObject(nodeStates)) return null;
  const entries: [string, NodeState][] = [];
  for (const [name, paths] of Object.entries(nodeStates)) {
    const state = NODE_STATES.find((one) => one === name);
    if (state === undefined || !isList(paths)) return null;
    for (const path of paths) {
      if (typeof path !== "string") return null;
      entries.push([path, state]);
    }
  }
  return { contextVariables, nodeStates: Object.fromEntries(entries) };
}

function isWhole(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
