import * as z from "zod/mini";
import { json, nodePath, oneNode, runId, runOrNode, shortText } from "./params.ts";
import type { Acknowledged, Replies } from "./shapes.ts";
import { acknowledged, count, text } from "./shapes.ts";

// What a person or a program does to a run.

/** What can be done to many nodes at once. */
export const MANY_ACTIONS = ["retry", "skip", "approve", "deny", "complete", "cancel"] as const;
export type ManyAction = (typeof MANY_ACTIONS)[number];
const MAX_PATHS = 10_000;

export const steerParams = {
  "run.pause": z.object({ run: runId, path: z.optional(nodePath), mode: z.enum(["freeze", "drain"]) }),
  "run.resume": runOrNode,
  "run.cancel": runOrNode,
  "run.retry": oneNode,
  "run.skip": oneNode,
  "run.complete": z.object({ run: runId, path: nodePath, result: json }),
  "run.approve": z.object({ run: runId, path: nodePath, approved: z.boolean() }),
  /** The same for many nodes: each on its own, what cannot be done to one hinders no other. `result` is what `complete` gives. */
  "run.steer-many": z.object({
    run: runId,
    action: z.enum(MANY_ACTIONS),
    paths: z.array(nodePath).check(z.maxLength(MAX_PATHS)),
    result: z.optional(json),
  }),
  /** Tells a run that something of the user's around it failed: an observer of a program, say. Rule FAULT-7. */
  "run.error": z.object({ run: runId, message: shortText }),
} as const;

/** What came of one action on many nodes. */
export interface ManyOutcome {
  readonly done: number;
  /** The first hundred. */
  readonly refused: readonly { readonly path: string; readonly message: string }[];
}

export interface SteerResults {
  readonly "run.steer-many": ManyOutcome;
  readonly "run.pause": Acknowledged;
  readonly "run.resume": Acknowledged;
  readonly "run.cancel": Acknowledged;
  readonly "run.retry": Acknowledged;
  readonly "run.skip": Acknowledged;
  readonly "run.complete": Acknowledged;
  readonly "run.approve": Acknowledged;
  readonly "run.error": Acknowledged;
}

export const steerReplies: Replies<SteerResults> = {
  "run.steer-many": z.object({ done: count, refused: z.array(z.object({ path: text, message: text })) }),
  "run.pause": acknowledged,
  "run.resume": acknowledged,
  "run.cancel": acknowledged,
  "run.retry": acknowledged,
  "run.skip": acknowledged,
  "run.complete": acknowledged,
  "run.approve": acknowledged,
  "run.error": acknowledged,
};
