import * as z from "zod/mini";
import type { Json, JsonObject } from "../base/json.ts";
import type { NodeInfo } from "../model/agent.ts";
import type { RunEvent } from "../model/event.ts";
import type { RunHead, RunLine } from "../model/run.ts";
import type { AgentId, RunId } from "../model/id.ts";
import type { SnapshotHead } from "../model/snapshot.ts";
import type { WorkflowProblem } from "../model/problem.ts";

const text = z.string().check(z.maxLength(4_096));
const runId = z.string().check(z.regex(/^[a-z0-9-]{1,64}$/));
const path = z.string().check(z.maxLength(8_192));
/** Any JSON value; read-only, as all data of ours. */
const json: z.ZodMiniType<Json, Json> = z.json();
/** The number of an event, or a snapshot's id. */
const pointInTime = z.union([z.int().check(z.nonnegative()), z.string().check(z.maxLength(128))]);
const runParams = z.object({ run: runId });
const runPathParams = z.object({ run: runId, path: z.optional(path) });
const onePathParams = z.object({ run: runId, path });

/** A workflow by where it is: a file of the coordinator's machine, or a name in the library. */
const workflowSource = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("file"), file: text }),
  z.object({ kind: z.literal("library"), name: text }),
]);
export type WorkflowSource = z.infer<typeof workflowSource>;

/** Workflows inside a built one, itself included. */
const MAX_BUILT_FILES = 1_000;
/** A workflow that a program has built: texts of files that nobody wrote, the workflow first. Its own files are looked for in `folder`. */
const builtSource = z.object({
  kind: z.literal("built"),
  folder: text,
  files: z.array(z.object({ name: text, text: z.string() })).check(z.minLength(1), z.maxLength(MAX_BUILT_FILES)),
});
export type BuiltSource = z.infer<typeof builtSource>;
export type RunSource = WorkflowSource | BuiltSource;

/** The parameters of every method: receiver checks them before any other code sees the data. */
export const methodParams = {
  /** Must be the first request. */
  hello: z.object({ version: z.int(), client: text }),
  "fleet.list": z.object({}),
  /** `target` is an agent id, a name, or `address[:port]`. */
  "fleet.pair": z.object({ target: text, code: text }),
  "fleet.unpair": z.object({ target: text }),
  "fleet.drain": z.object({ target: text, draining: z.boolean() }),
  /** Starts `count` agents on this machine, which pair by themselves over a private channel. */
  "fleet.start-local": z.object({
    count: z.int().check(z.minimum(1), z.maximum(64)),
    /** Again at every start of the app; default true. */
    keep: z.optional(z.boolean()),
  }),
  /** Ends the agents of this machine that are named, or all. */
  "fleet.stop-local": z.object({ agents: z.optional(z.array(text)) }),
  "library.list": z.object({}),
  "library.read": z.object({ source: workflowSource }),
  "run.start": z.object({
    source: z.discriminatedUnion("kind", [workflowSource, builtSource]),
    inputs: z.record(z.string(), json),
    /** Where `collect` puts files; default: beside the workflow file, or the data folder's `collected/RUN` for the library's. */
    out: z.optional(text),
  }),
  "run.list": z.object({}),
  /** `at`: as it was at the event of that number, or at a snapshot: its id, or what follows `@` in it. */
  "run.show": z.object({ run: runId, at: z.optional(pointInTime) }),
  /**
   * A new run that keeps what another had done at a point in time, by default now. Without `source` with the same definition; the inputs
   * are those of the other, but for those given. `out` is an absolute folder; by default that of `source`, or of the other run.
   */
  "run.fork": z.object({
    run: runId,
    at: z.optional(pointInTime),
    source: z.optional(z.discriminatedUnion("kind", [workflowSource, builtSource])),
    inputs: z.record(z.string(), json),
    out: z.optional(text),
  }),
  /** Keeps the run as it is now. */
  "run.snapshot": runParams,
  "run.snapshots": runParams,
  "run.events": z.object({
    run: runId,
    after: z.int().check(z.nonnegative()),
    limit: z.int().check(z.minimum(1), z.maximum(10_000)),
  }),
  /** Output of the newest attempt of a node, from `offset`. */
  "run.log": z.object({ run: runId, path, offset: z.int().check(z.nonnegative()) }),
  "run.graph": z.object({ run: runId, format: z.enum(["dot", "mermaid", "json", "yaml"]) }),
  "run.pause": z.object({ run: runId, path: z.optional(path), mode: z.enum(["freeze", "drain"]) }),
  "run.resume": runPathParams,
  "run.cancel": runPathParams,
  "run.retry": onePathParams,
  "run.skip": onePathParams,
  "run.complete": z.object({ run: runId, path, result: json }),
  "run.approve": z.object({ run: runId, path, approved: z.boolean() }),
  /** Tells a run that something of the user's around it failed: an observer of a program, say. Rule FAULT-7. */
  "run.error": z.object({ run: runId, message: text }),
  "run.delete": runParams,
  /** Ends the coordinator in order; running work goes on at the agents. */
  shutdown: z.object({}),
} as const;

export type MethodName = keyof typeof methodParams;
export type MethodParams<M extends MethodName> = z.infer<(typeof methodParams)[M]>;

export interface LibraryEntry {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Task nodes as written, before any `forEach`. */
  readonly nodeCount: number;
  readonly source: WorkflowSource;
  /** Errors and warnings. */
  readonly problems: readonly WorkflowProblem[];
  readonly lastRun: RunHead | null;
}

export interface LibraryText {
  readonly text: string;
  readonly problems: readonly WorkflowProblem[];
  /** The definition's inputs as JSON Schema, for the form; null while there are errors. */
  readonly inputs: JsonObject | null;
  /** Null while there are errors. Nodes as `RunLine` would have them before a start. */
  readonly preview: RunLine | null;
}

/** What each method answers with. */
export interface MethodResults {
  readonly hello: {
    readonly version: number;
    readonly appId: string;
    readonly appName: string;
    readonly product: string;
  };
  readonly "fleet.list": readonly NodeInfo[];
  readonly "fleet.pair": { readonly agent: AgentId; readonly name: string; readonly fingerprint: string };
  readonly "fleet.unpair": { readonly agent: AgentId };
  readonly "fleet.drain": { readonly agent: AgentId };
  readonly "fleet.start-local": { readonly agents: readonly AgentId[] };
  readonly "fleet.stop-local": { readonly stopped: number };
  readonly "library.list": readonly LibraryEntry[];
  readonly "library.read": LibraryText;
  readonly "run.start": { readonly run: RunId };
  readonly "run.list": readonly RunHead[];
  readonly "run.show": RunLine;
  /** `kept`: results of nodes that can be taken over. */
  readonly "run.fork": { readonly run: RunId; readonly kept: number };
  readonly "run.snapshot": SnapshotHead;
  readonly "run.snapshots": {
    readonly snapshots: readonly SnapshotHead[];
    /** What is kept and cannot be used: by its name, and why. */
    readonly damaged: readonly { readonly name: string; readonly message: string }[];
  };
  readonly "run.events": readonly RunEvent[];
  readonly "run.log": { readonly text: string; readonly nextOffset: number; readonly complete: boolean };
  readonly "run.graph": { readonly text: string };
  readonly "run.pause": Acknowledged;
  readonly "run.resume": Acknowledged;
  readonly "run.cancel": Acknowledged;
  readonly "run.retry": Acknowledged;
  readonly "run.skip": Acknowledged;
  readonly "run.complete": Acknowledged;
  readonly "run.approve": Acknowledged;
  readonly "run.error": Acknowledged;
  readonly "run.delete": Acknowledged;
  readonly shutdown: Acknowledged;
}

/** The intent is durable; what follows from it comes by topic. */
export interface Acknowledged {
  readonly seq: number;
}

/** Input values of a run by name. */
export type RunInputs = Readonly<Record<string, Json>>;
