import * as z from "zod/mini";
import type { Json } from "../base/json.ts";

// What the parameters of methods are made of: whoever receives checks them before any other code sees the data.

/** A name, an address, a reason: short text that a person gave. */
export const shortText = z.string().check(z.maxLength(4_096));
export const runId = z.string().check(z.regex(/^[a-z0-9-]{1,64}$/));
export const nodePath = z.string().check(z.maxLength(8_192));
/** Any JSON value; read-only, as all data of ours. */
export const json: z.ZodMiniType<Json, Json> = z.json();
/** The number of an event, or a snapshot's id. */
export const pointInTime = z.union([z.int().check(z.nonnegative()), z.string().check(z.maxLength(128))]);
export const oneRun = z.object({ run: runId });
export const runOrNode = z.object({ run: runId, path: z.optional(nodePath) });
export const oneNode = z.object({ run: runId, path: nodePath });

/** A workflow by where it is: a file of the coordinator's machine, or a name in the library. */
export const workflowSource = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("file"), file: shortText }),
  z.object({ kind: z.literal("library"), name: shortText }),
]);
export type WorkflowSource = z.infer<typeof workflowSource>;

/** Workflows inside a built one, itself included. */
const MAX_BUILT_FILES = 1_000;
/** A workflow that a program has built: texts of files that nobody wrote, the workflow first. Its own files are looked for in `folder`. */
const builtSource = z.object({
  kind: z.literal("built"),
  folder: shortText,
  files: z.array(z.object({ name: shortText, text: z.string() })).check(z.minLength(1), z.maxLength(MAX_BUILT_FILES)),
});
export type BuiltSource = z.infer<typeof builtSource>;
export const runSource = z.discriminatedUnion("kind", [workflowSource, builtSource]);
export type RunSource = z.infer<typeof runSource>;
