import * as z from "zod/mini";
import type { RunLine } from "../model/run.ts";
import type { SnapshotHead } from "../model/snapshot.ts";
import { oneRun, pointInTime, runId } from "./params.ts";
import type { Replies } from "./shapes.ts";
import { runLine, snapshotHead, text } from "./shapes.ts";

// Runs as they are and as they were.

export const timeParams = {
  /** `at`: as it was at the event of that number, or at a snapshot: its id, or what follows `@` in it. */
  "run.show": z.object({ run: runId, at: z.optional(pointInTime) }),
  /** Keeps the run as it is now. */
  "run.snapshot": oneRun,
  "run.snapshots": oneRun,
} as const;

export interface TimeResults {
  readonly "run.show": RunLine;
  readonly "run.snapshot": SnapshotHead;
  readonly "run.snapshots": {
    readonly snapshots: readonly SnapshotHead[];
    /** What is kept and cannot be used: by its name, and why. */
    readonly damaged: readonly { readonly name: string; readonly message: string }[];
  };
}

export const timeReplies: Replies<TimeResults> = {
  "run.show": runLine,
  "run.snapshot": snapshotHead,
  "run.snapshots": z.object({
    snapshots: z.array(snapshotHead),
    damaged: z.array(z.object({ name: text, message: text })),
  }),
};
