import * as z from "zod/mini";
import type { Json, JsonObject } from "../base/json.ts";
import type { NodeInfo } from "../model/agent.ts";
import type { RunEvent } from "../model/event.ts";
import type { AgentId, EpochMs, Millis, NodePath, RunId, Sha256 } from "../model/id.ts";
import type { WorkflowProblem } from "../model/problem.ts";
import type { FileRef, NodeLine, NodeTiming, RunHead, RunLine } from "../model/run.ts";
import type { SnapshotHead, SnapshotId } from "../model/snapshot.ts";
import type { LibraryEntry, MethodName, MethodResults } from "./methods.ts";
import type { FleetHead, LogHead, LogPiece, OrderedNode, Topics } from "./topics.ts";

// What a client checks before it believes a coordinator, which may be of another version: a field it does not know is dropped,
// a field it needs and does not find is an error.

/** A schema whose checked value is a `T`. */
type Of<T> = z.ZodMiniType<T>;

const text = z.string();
const maybeText = z.nullable(text);
const count = z.int();
const isText = (value: unknown): boolean => typeof value === "string";
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);

const run: Of<RunId> = z.custom<RunId>(isText);
const path: Of<NodePath> = z.custom<NodePath>(isText);
const agent: Of<AgentId> = z.custom<AgentId>(isText);
const epoch: Of<EpochMs> = z.custom<EpochMs>(isWhole);
const millis: Of<Millis> = z.custom<Millis>(isWhole);
const sha256: Of<Sha256> = z.custom<Sha256>(isText);
const json: Of<Json> = z.json();
const jsonObject: Of<JsonObject> = z.record(text, z.json());

const problem: Of<WorkflowProblem> = z.object({
  severity: z.enum(["error", "warning"]),
  file: text,
  line: count,
  column: count,
  code: text,
  message: text,
  suggestion: maybeText,
});

const file: Of<FileRef> = z.object({ name: text, sha256, sizeBytes: z.number() });
const failure = z.nullable(z.object({ code: text, message: text }));
const timing: Of<NodeTiming> = z.object({ wait: millis, execution: millis, total: millis });
const nodeState = z.enum(["idle", "running", "suspended", "completed", "failed", "skipped", "cancelled"]);
const workflowState = z.enum(["idle", "running", "paused", "completed", "failed", "cancelled"]);
const nodeType = z.enum(["task", "pipeline", "parallel", "conditional", "loop", "subworkflow", "group"]);

const nodeShape = {
  path,
  type: nodeType,
  label: text,
  level: count,
  state: nodeState,
  phase: z.nullable(z.enum(["blocked", "queued", "backoff", "held"])),
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
const node: Of<NodeLine> = z.object(nodeShape);
const orderedNode: Of<OrderedNode> = z.object({ ...nodeShape, order: z.array(count) });

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
const runHead: Of<RunHead> = z.object(headShape);
const runLine: Of<RunLine> = z.object({
  kind: z.literal("run"),
  ...headShape,
  goneAgents: z.optional(z.record(text, text)),
  nodes: z.array(node),
});

const snapshotHead: Of<SnapshotHead> = z.object({
  id: z.custom<SnapshotId>(isText),
  run,
  workflow: text,
  seq: count,
  time: epoch,
  reason: z.enum(["manual", "pause", "interval", "final"]),
  state: workflowState,
  definitionHash: text,
});

const runEvent: Of<RunEvent> = z.object({
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
const nodeInfo: Of<NodeInfo> = z.object({
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
});

const libraryEntry: Of<LibraryEntry> = z.object({
  name: text,
  title: text,
  description: text,
  nodeCount: count,
  source: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("file"), file: text }),
    z.object({ kind: z.literal("library"), name: text }),
  ]),
  problems: z.array(problem),
  lastRun: z.nullable(runHead),
});

const acknowledged = z.object({ seq: count });
const oneAgent = z.object({ agent });

/** The check of what each method answers with. */
export const methodReplies: { readonly [M in MethodName]: Of<MethodResults[M]> } = {
  hello: z.object({ version: count, appId: text, appName: text, product: text }),
  "fleet.list": z.array(nodeInfo),
  "fleet.pair": z.object({ agent, name: text, fingerprint: text }),
  "fleet.unpair": oneAgent,
  "fleet.drain": oneAgent,
  "fleet.start-local": z.object({ agents: z.array(agent) }),
  "fleet.stop-local": z.object({ stopped: count }),
  "library.list": z.array(libraryEntry),
  "library.read": z.object({
    text,
    problems: z.array(problem),
    inputs: z.nullable(jsonObject),
    preview: z.nullable(runLine),
  }),
  "run.start": z.object({ run }),
  "run.list": z.array(runHead),
  "run.show": runLine,
  "run.fork": z.object({ run, kept: count }),
  "run.snapshot": snapshotHead,
  "run.snapshots": z.object({
    snapshots: z.array(snapshotHead),
    damaged: z.array(z.object({ name: text, message: text })),
  }),
  "run.events": z.array(runEvent),
  "run.log": z.object({ text, nextOffset: count, complete: z.boolean() }),
  "run.graph": z.object({ text }),
  "run.pause": acknowledged,
  "run.resume": acknowledged,
  "run.cancel": acknowledged,
  "run.retry": acknowledged,
  "run.skip": acknowledged,
  "run.complete": acknowledged,
  "run.approve": acknowledged,
  "run.error": acknowledged,
  "run.delete": acknowledged,
  shutdown: acknowledged,
};

const fleetHead: Of<FleetHead> = z.object({
  appId: text,
  appName: text,
  machine: text,
  localAgents: count,
  trouble: z.optional(z.nullable(z.object({ code: text, message: text }))),
});
const logHead: Of<LogHead> = z.object({ run, path, attempt: count, sizeBytes: z.number(), complete: z.boolean() });
const logPiece: Of<LogPiece> = z.object({ offset: z.number(), stream: z.enum(["stdout", "stderr"]), text });

/** The check of each topic's header and items. */
export const topicParts: {
  readonly [K in keyof Topics]: { readonly head: Of<Topics[K]["head"]>; readonly item: Of<Topics[K]["item"]> };
} = {
  fleet: { head: fleetHead, item: nodeInfo },
  runs: { head: z.null(), item: runHead },
  run: { head: runHead, item: orderedNode },
  log: { head: logHead, item: logPiece },
  events: { head: z.null(), item: runEvent },
};
