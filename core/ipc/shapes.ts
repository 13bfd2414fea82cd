import * as z from "zod/mini";
import type { Json, JsonObject } from "../base/json.ts";
import type { AgentSample, NodeInfo } from "../model/agent.ts";
import type { RunEvent } from "../model/event.ts";
import type { AgentId, EpochMs, Millis, NodePath, RunId, Sha256 } from "../model/id.ts";
import type { WorkflowProblem } from "../model/problem.ts";
import type { FileRef, NodeLine, NodeTiming, RunHead, RunLine } from "../model/run.ts";
import type { SnapshotHead, SnapshotId } from "../model/snapshot.ts";
import type { OrderedNode } from "./topics.ts";

// What a client checks before it believes a coordinator, which may be of another version: a field it does not know is dropped,
// a field it needs and does not find is an error.

/** A schema whose checked value is a `T`. */
export type Of<T> = z.ZodMiniType<T>;

export const text = z.string();
export const maybeText = z.nullable(text);
export const count = z.int();
const isText = (value: unknown): boolean => typeof value === "string";
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);

export const run: Of<RunId> = z.custom<RunId>(isText);
export const path: Of<NodePath> = z.custom<NodePath>(isText);
export const agent: Of<AgentId> = z.custom<AgentId>(isText);
export const epoch: Of<EpochMs> = z.custom<EpochMs>(isWhole);
export const millis: Of<Millis> = z.custom<Millis>(isWhole);
export const sha256: Of<Sha256> = z.custom<Sha256>(isText);
export const json: Of<Json> = z.json();
export const jsonObject: Of<JsonObject> = z.record(text, z.json());

export const problem: Of<WorkflowProblem> = z.object({
  severity: z.enum(["error", "warning"]),
  file: text,
  line: count,
  column: count,
  code: text,
  message: text,
  suggestion: maybeText,
});

export const file: Of<FileRef> = z.object({ name: text, sha256, sizeBytes: z.number() });
export const failure = z.nullable(z.object({ code: text, message: text }));
const timing: Of<NodeTiming> = z.object({ wait: millis, execution: millis, total: millis });
export const nodeState = z.enum(["idle", "running", "suspended", "completed", "failed", "skipped", "cancelled"]);
const workflowState = z.enum(["idle", "running", "paused", "completed", "failed", "cancelled"]);
export const nodeType = z.enum(["task", "pipeline", "parallel", "conditional", "loop", "subworkflow", "group"]);

export const idlePhase = z.nullable(z.enum(["blocked", "queued", "backoff", "held"]));

const nodeShape = {
  path,
  type: nodeType,
  label: text,
  level: count,
  state: nodeState,
  phase: idlePhase,
  reason: maybeText,
  attempt: count,
  agent: z.nullable(agent),
  progress: z.nullable(z.number()),
  result: json,
  files: z.array(file),
  error: failure,
  startedAt: z.nullable(epoch),
  endedAt: z.nullable(epoch),
  pausedBefore: millis,
  timing,
  dependsOn: z.array(path),
  action: maybeText,
  keptFrom: z.optional(path),
};
export const node: Of<NodeLine> = z.object(nodeShape);
export const orderedNode: Of<OrderedNode> = z.object({ ...nodeShape, order: z.array(count) });

const headShape = {
  run,
  workflow: text,
  state: workflowState,
  pauseMode: z.nullable(z.enum(["freeze", "drain"])),
  reason: maybeText,
  seq: count,
  createdAt: epoch,
  startedAt: z.nullable(epoch),
  endedAt: z.nullable(epoch),
  pausedMs: millis,
  pausedSince: z.nullable(epoch),
  variables: jsonObject,
  inputs: jsonObject,
  outputs: z.nullable(jsonObject),
  error: failure,
  outFolder: maybeText,
  collection: z.nullable(z.object({ state: z.enum(["pending", "done", "failed"]), failure })),
  frozen: count,
  inFlight: count,
  counts: z.record(nodeState, count),
  forkedFrom: z.optional(z.object({ run, seq: count, snapshot: z.nullable(z.custom<SnapshotId>(isText)) })),
};
export const runHead: Of<RunHead> = z.object(headShape);
export const runLine: Of<RunLine> = z.object({
  kind: z.literal("run"),
  ...headShape,
  goneAgents: z.optional(z.record(text, text)),
  nodes: z.array(node),
});

export const snapshotHead: Of<SnapshotHead> = z.object({
  id: z.custom<SnapshotId>(isText),
  run,
  workflow: text,
  seq: count,
  time: epoch,
  reason: z.enum(["manual", "pause", "interval", "final"]),
  state: workflowState,
  definitionHash: text,
});

export const runEvent: Of<RunEvent> = z.object({
  run,
  seq: count,
  time: epoch,
  type: z.enum(["NodeStateChange", "WorkflowStateChange", "MetricUpdate", "Heartbeat", "Error", "Custom"]),
  path,
  level: count,
  from: maybeText,
  to: maybeText,
  reason: maybeText,
  message: text,
  data: jsonObject,
});

const capabilities = z.object({
  labels: z.array(text),
  os: text,
  arch: text,
  cpus: z.number(),
  memoryBytes: z.number(),
  gpus: z.number(),
  programs: z.array(text),
  slots: z.number(),
  canFreeze: z.boolean(),
});
export const nodeInfo: Of<NodeInfo> = z.object({
  id: agent,
  name: text,
  fingerprint: text,
  addresses: z.array(text),
  port: count,
  paired: z.boolean(),
  ordinal: count,
  status: z.enum(["online", "busy", "offline", "failed"]),
  reason: maybeText,
  draining: z.boolean(),
  isThisMachine: z.boolean(),
  capabilities: z.nullable(capabilities),
  running: z.number(),
  load: z.nullable(z.number()),
  lastHeartbeat: z.nullable(epoch),
  latencyMs: z.nullable(z.number()),
  version: maybeText,
  alias: z.optional(text),
  addedLabels: z.optional(z.array(text)),
  work: z.optional(z.array(z.object({ run, path, isFrozen: z.boolean() }))),
});
export const agentSample: Of<AgentSample> = z.object({
  time: epoch,
  load: z.nullable(z.number()),
  running: z.number(),
});

/** The intent is durable; what follows from it comes by topic. */
export interface Acknowledged {
  readonly seq: number;
}
export const acknowledged: Of<Acknowledged> = z.object({ seq: count });

/** The check of each of some methods' answers. */
export type Replies<Results> = { readonly [M in keyof Results]: Of<Results[M]> };
