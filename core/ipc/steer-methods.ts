import * as z from "zod/mini";
import { json, nodePath, oneNode, runId, runOrNode, shortText } from "./params.ts";
import type { Acknowledged, Replies } from "./shapes.ts";
import { acknowledged } from "./shapes.ts";

// What a person or a program does to a run.

export const steerParams = {
  "run.pause": z.object({ run: runId, path: z.optional(nodePath), mode: z.enum(["freeze", "drain"]) }),
  "run.resume": runOrNode,
  "run.cancel": runOrNode,
  "run.retry": oneNode,
  "run.skip": oneNode,
  "run.complete": z.object({ run: runId, path: nodePath, result: json }),
  "run.approve": z.object({ run: runId, path: nodePath, approved: z.boolean() }),
  /** Tells a run that something of the user's around it failed: an observer of a program, say. Rule FAULT-7. */
  "run.error": z.object({ run: runId, message: shortText }),
} as const;

export interface SteerResults {
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
  "run.pause": acknowledged,
  "run.resume": acknowledged,
  "run.cancel": acknowledged,
  "run.retry": acknowledged,
  "run.skip": acknowledged,
  "run.complete": acknowledged,
  "run.approve": acknowledged,
  "run.error": acknowledged,
};
