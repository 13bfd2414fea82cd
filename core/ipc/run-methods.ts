import * as z from "zod/mini";
import type { RunEvent } from "../model/event.ts";
import type { RunId } from "../model/id.ts";
import type { RunHead } from "../model/run.ts";
import { forkParams } from "./fork-methods.ts";
import { json, nodePath, oneRun, runId, runSource, shortText } from "./params.ts";
import type { Acknowledged, Replies } from "./shapes.ts";
import { acknowledged, count, run, runEvent, runHead, text } from "./shapes.ts";

// Runs: beginning, reading, removing.

export const runParams = {
  "run.start": z.object({
    source: runSource,
    inputs: z.record(z.string(), json),
    /** Where `collect` puts files; default: beside the workflow file, or the data folder's `collected/RUN` for the library's. */
    out: z.optional(shortText),
  }),
  "run.list": z.object({}),
  /**
   * A new run that keeps what another had done at a point in time, by default now. Without `source` with the same definition; the inputs
   * are those of the other, but for those given. `out` is an absolute folder; by default that of `source`, or of the other run.
   */
  "run.fork": forkParams,
  "run.events": z.object({
    run: runId,
    after: z.int().check(z.nonnegative()),
    limit: z.int().check(z.minimum(1), z.maximum(10_000)),
  }),
  /** Output of the newest attempt of a node, from `offset`. */
  "run.log": z.object({ run: runId, path: nodePath, offset: z.int().check(z.nonnegative()) }),
  "run.graph": z.object({ run: runId, format: z.enum(["dot", "mermaid", "json", "yaml"]) }),
  "run.delete": oneRun,
} as const;

export interface RunResults {
  readonly "run.start": { readonly run: RunId };
  readonly "run.list": readonly RunHead[];
  /** `kept`: results of nodes that can be taken over. */
  readonly "run.fork": { readonly run: RunId; readonly kept: number };
  readonly "run.events": readonly RunEvent[];
  readonly "run.log": { readonly text: string; readonly nextOffset: number; readonly complete: boolean };
  readonly "run.graph": { readonly text: string };
  readonly "run.delete": Acknowledged;
}

export const runReplies: Replies<RunResults> = {
  "run.start": z.object({ run }),
  "run.list": z.array(runHead),
  "run.fork": z.object({ run, kept: count }),
  "run.events": z.array(runEvent),
  "run.log": z.object({ text, nextOffset: count, complete: z.boolean() }),
  "run.graph": z.object({ text }),
  "run.delete": acknowledged,
};
