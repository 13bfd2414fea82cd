import type { Json, JsonObject } from "../base/json.ts";
import type { RunEvent } from "../model/event.ts";
import type { AgentId, EpochMs, NodePath } from "../model/id.ts";
import type { ForkPoint, FileRef, NodeFailure, PauseMode, TaskReport } from "../model/run.ts";
import type { RunTimes } from "../model/run-times.ts";
import type { WorkflowDefinition } from "../model/workflow.ts";
import type { AttemptPlan } from "../nodes/attempt-plan.ts";
import type { Contents } from "../nodes/opening.ts";
import type { Collection } from "./command.ts";
import type { KeptEnd, KeptMark, KeptResult } from "./kept.ts";
import type { AfterFailure, AttemptPurpose, SkipCause } from "./state.ts";

/**
 * The data of every event, by kind: all that the fold needs beside what it folded before. Whatever needed an expression, the clock or
 * chance is here as a value. Kinds and fields may be added, never changed: journals are kept. Rule RUN-2.
 */
export type EventData =
  | {
      readonly kind: "created";
      readonly definition: WorkflowDefinition;
      readonly inputs: JsonObject;
      readonly folder: string | null;
      readonly out: string | null;
      readonly by: string;
      /** Of a fork. Rule SNAP-5. */
      readonly from?: ForkPoint;
      /** How long its tasks took in earlier runs. Rule FLEET-7. */
      readonly expected?: RunTimes;
    }
  /** What a fork may keep of its original: data, so that it never looks there again. Comes right after `created`, as often as needed. */
  | { readonly kind: "kept"; readonly results: readonly KeptResult[]; readonly ends: readonly KeptEnd[] }
  /** Files of the workflow's folder that an attempt was given. */
  | { readonly kind: "provided"; readonly fence: number; readonly files: readonly FileRef[] }
  /** idle → running of what has children, of an approval, and of what fails before it can begin. */
  | {
      readonly kind: "started";
      /** Null: it has no children. `kept`: those it had, after a retry further down. */
      readonly contents: Contents | { readonly shape: "kept" } | null;
      readonly timeoutAt: EpochMs | null;
      readonly totalAt: EpochMs | null;
      /** The node ends as one of the original did, as soon as it is its turn. */
      readonly kept?: KeptMark;
    }
  /** idle → running of a loop's next iteration, which comes into being with it. */
  | { readonly kind: "iterated"; readonly parent: NodePath; readonly iteration: number }
  /** An attempt waits for an agent. */
  | {
      readonly kind: "queued";
      readonly plan: AttemptPlan;
      readonly purpose: AttemptPurpose;
      readonly totalAt: EpochMs | null;
    }
  /** idle or suspended → running on an agent. */
  | { readonly kind: "assigned"; readonly agent: AgentId; readonly fence: number }
  | { readonly kind: "suspended" }
  | { readonly kind: "resumed" }
  /** The agent is lost; the attempt waits for another. Rule FAULT-5. */
  | { readonly kind: "lost"; readonly agent: AgentId }
  | {
      readonly kind: "completed";
      /** Null: the result and files of a composite, put together from its children's. */
      readonly value: { readonly result: Json; readonly files: readonly FileRef[] } | null;
      readonly executionMs: number;
      readonly set: JsonObject;
      readonly outputs: JsonObject | null;
      readonly collected: readonly Collection[];
      readonly by: string | null;
    }
  | {
      readonly kind: "failed";
      readonly failure: NodeFailure;
      readonly after: AfterFailure;
      readonly executionMs: number;
      /** The wait before the next attempt, where it is not the policy's. */
      readonly delayMs?: number;
      readonly by: string | null;
    }
  | {
      readonly kind: "skipped";
      readonly cause: SkipCause;
      readonly by: string | null;
      /** Of a node of the branch not taken, which comes into being with it. */
      readonly apart: { readonly parent: NodePath; readonly position: number } | null;
      readonly kept?: KeptMark;
    }
  /** `fell`: with something around it. */
  | { readonly kind: "cancelled"; readonly by: string | null; readonly fell: boolean }
  /** failed → idle by the fault policy; all in it starts over, but for the first `kept` iterations of a loop. */
  | {
      readonly kind: "again";
      readonly backoffAt: EpochMs | null;
      readonly kept: number;
      readonly undone: boolean;
    }
  /** A final state → idle by a person; with `keeps`, its children stay as they are, but for iterations after the first `kept`. */
  | { readonly kind: "reset"; readonly by: string; readonly keeps: boolean; readonly kept: number | null }
  /** The alternative of a failed node has ended. Rule FAULT-3. */
  | { readonly kind: "resolved"; readonly alternative: NodePath; readonly isResolved: boolean }
  | { readonly kind: "held"; readonly mode: PauseMode; readonly by: string }
  | { readonly kind: "released"; readonly by: string }
  /** An undoing attempt of a completed task has ended. Rule FAULT-4. */
  | { readonly kind: "undone"; readonly principal: NodePath; readonly failure: NodeFailure | null }
  /** A node failed, and these tasks are to be undone for its sake, in this order. */
  | { readonly kind: "undoing"; readonly paths: readonly NodePath[]; readonly failure: NodeFailure }
  /** Undoing for the sake of a workflow that has not failed yet ends in the middle. */
  | { readonly kind: "undoing-stopped" }
  /** A failed node for whose sake tasks were being undone fails for good. */
  | { readonly kind: "abandoned"; readonly failure: NodeFailure }
  /** The files of `collect` are where they belong, or why not. */
  | { readonly kind: "collected"; readonly failure: NodeFailure | null }
  /** Time that did not pass for the run, as in a pause: what it waits for is so much later. */
  | { readonly kind: "stepped"; readonly ms: number }
  | { readonly kind: "report"; readonly report: TaskReport }
  | { readonly kind: "error" };

/** The data of an event. Events come from `decide` or from a journal written by it, so their shape is not checked again. */
export function toEventData(event: RunEvent): EventData {
  return event.data as unknown as EventData;
}

/** Event data as the journal keeps it. */
export function fromEventData(data: EventData): JsonObject {
  return data as unknown as JsonObject;
}
