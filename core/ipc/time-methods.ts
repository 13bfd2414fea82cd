import * as z from "zod/mini";
import type { AgentId, EpochMs, NodePath } from "../model/id.ts";
import type { IdlePhase, NodeState, RunHead, RunLine, RunNodeType } from "../model/run.ts";
import type { SnapshotHead } from "../model/snapshot.ts";
import type { Timeline } from "../model/timeline.ts";
import { oneRun, pointInTime, runId } from "./params.ts";
import type { Of, Replies } from "./shapes.ts";
import {
  agent,
  count,
  epoch,
  idlePhase,
  maybeText,
  nodeState,
  nodeType,
  orderedNode,
  path,
  runHead,
  runLine,
  snapshotHead,
  text,
} from "./shapes.ts";
import type { OrderedNode } from "./topics.ts";

// Runs as they are and as they were.

const whole = z.int().check(z.nonnegative());

export const timeParams = {
  /** `at`: as it was at the event of that number, or at a snapshot: its id, or what follows `@` in it. */
  "run.show": z.object({ run: runId, at: z.optional(pointInTime) }),
  /** Keeps the run as it is now. */
  "run.snapshot": oneRun,
  "run.snapshots": oneRun,
  /**
   * What to change in the nodes of event `from` to have those of event `to`, which may be the older; `from` null: all nodes. `told`: the
   * nodes are those of the topic `run:RUN`, whose reasons are of the moment. `first`: `next` of the part before.
   */
  "run.step": z.object({
    run: runId,
    from: z.nullable(whole),
    to: whole,
    told: z.optional(z.boolean()),
    first: z.optional(whole),
  }),
  /** What differs between two instants; `first`: `next` of the part before. */
  "run.compare": z.object({ run: runId, before: whole, after: whole, first: z.optional(whole) }),
  /** What happened, in few numbers. `have`: of which size, and how many whole buckets the client has. */
  "run.timeline": z.object({ run: runId, have: z.optional(z.object({ size: whole, count: whole })) }),
} as const;

/** A numbered patch between two instants, or a part of one: `next` says where the next part begins. */
export interface RunStep {
  /** As it was at `to`. */
  readonly head: RunHead;
  /** When the event `to` was. */
  readonly time: EpochMs;
  readonly upsert: readonly OrderedNode[];
  readonly remove: readonly NodePath[];
  readonly next: number | null;
}

/** What of a node is compared; long texts are cut. */
export interface NodeGlance {
  readonly state: NodeState;
  readonly phase: IdlePhase | null;
  readonly action: string | null;
  readonly attempt: number;
  readonly agent: AgentId | null;
  readonly result: string | null;
  readonly error: string | null;
}

/** Null: it is not there. Long texts are cut. */
export interface ValueChange {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface NodeChange {
  readonly path: NodePath;
  readonly name: string;
  readonly type: RunNodeType;
  readonly before: NodeGlance | null;
  readonly after: NodeGlance | null;
}

export interface Comparison {
  /** Nodes that differ, in all. */
  readonly total: number;
  /** In document order. */
  readonly nodes: readonly NodeChange[];
  /** The run's own, values as JSON. */
  readonly variables: readonly ValueChange[];
  /** Of the whole run. */
  readonly metrics: readonly ValueChange[];
  readonly next: number | null;
}

/** `buckets` begin at the index `first`; `last` is the run's last event: while `seq` is below it there is more to ask for. */
export interface TimelinePart extends Timeline {
  readonly first: number;
  readonly last: number;
}

export interface TimeResults {
  readonly "run.show": RunLine;
  readonly "run.snapshot": SnapshotHead;
  readonly "run.snapshots": {
    readonly snapshots: readonly SnapshotHead[];
    /** What is kept and cannot be used: by its name, and why. */
    readonly damaged: readonly { readonly name: string; readonly message: string }[];
  };
  readonly "run.step": RunStep;
  readonly "run.timeline": TimelinePart;
  readonly "run.compare": Comparison;
}

const glance: Of<NodeGlance | null> = z.nullable(
  z.object({
    state: nodeState,
    phase: idlePhase,
    action: maybeText,
    attempt: count,
    agent: z.nullable(agent),
    result: maybeText,
    error: maybeText,
  }),
);
const valueChange: Of<ValueChange> = z.object({ name: text, before: maybeText, after: maybeText });

const timelinePart: Of<TimelinePart> = z.object({
  seq: count,
  lastAt: epoch,
  size: count,
  first: count,
  last: count,
  buckets: z.array(
    z.object({
      at: epoch,
      starts: count,
      ends: count,
      failures: count,
      pauses: count,
      retries: count,
      others: count,
    }),
  ),
  failures: z.array(count),
  pauses: z.array(z.object({ fromSeq: count, from: epoch, toSeq: z.nullable(count), to: z.nullable(epoch) })),
});

export const timeReplies: Replies<TimeResults> = {
  "run.show": runLine,
  "run.snapshot": snapshotHead,
  "run.snapshots": z.object({
    snapshots: z.array(snapshotHead),
    damaged: z.array(z.object({ name: text, message: text })),
  }),
  "run.step": z.object({
    head: runHead,
    time: epoch,
    upsert: z.array(orderedNode),
    remove: z.array(path),
    next: z.nullable(count),
  }),
  "run.timeline": timelinePart,
  "run.compare": z.object({
    total: count,
    nodes: z.array(z.object({ path, name: text, type: nodeType, before: glance, after: glance })),
    variables: z.array(valueChange),
    metrics: z.array(valueChange),
    next: z.nullable(count),
  }),
};
