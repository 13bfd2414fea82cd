import * as z from "zod/mini";
import {
  MAX_AGENTS,
  MAX_FILES,
  MAX_FILES_NAMED,
  MAX_HELD_ATTEMPTS,
  MAX_HOLDER_ADDRESSES,
  MAX_NAME_BYTES,
  MAX_OUTPUT_CHUNK_BYTES,
  MAX_PEM_LENGTH,
  MAX_REQUEST_LENGTH,
  MAX_RUNS_NAMED,
} from "./limits.ts";

// Every message between an app and an agent, one schema each: the source of the static type and of the check. Whoever receives
// validates before any other code sees the data. Unknown keys are dropped, so a newer minor version may add some.

const name = z.string().check(z.minLength(1), z.maxLength(MAX_NAME_BYTES));
const text = z.string().check(z.maxLength(64 * 1024));
const count = z.int().check(z.nonnegative());
const hex64 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const agentId = z.string().check(z.regex(/^[0-9a-f]{16}$/));
const pem = z.string().check(z.minLength(1), z.maxLength(MAX_PEM_LENGTH));
const version = z.object({ major: count, minor: count });

export const attemptKeySchema = z.object({ run: name, path: name, fence: count });
const fileRef = z.object({ name, sha256: hex64, sizeBytes: count });
const fileHolder = z.object({
  agent: agentId,
  fingerprint: hex64,
  addresses: z.array(name).check(z.maxLength(MAX_HOLDER_ADDRESSES)),
  port: count,
});
const files = z.array(hex64).check(z.maxLength(MAX_FILES_NAMED));
const runs = z.array(name).check(z.maxLength(MAX_RUNS_NAMED));
const inputFile = z.object({ ...fileRef.shape, holders: z.array(fileHolder).check(z.maxLength(1_000)) });

const action = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("run"), script: z.string(), shell: z.enum(["sh", "bash", "pwsh"]) }),
  z.object({ kind: z.literal("argv"), argv: z.array(z.string()).check(z.minLength(1)) }),
  z.object({ kind: z.literal("script"), module: name, export: name, args: z.json() }),
  z.object({
    kind: z.literal("http"),
    method: name,
    url: name,
    headers: z.record(z.string(), z.string()),
    body: z.json(),
    expect: z.array(count),
  }),
  z.object({ kind: z.literal("sleep"), durationMs: count }),
  z.object({ kind: z.literal("noop") }),
]);

export const attemptSpecSchema = z.object({
  key: attemptKeySchema,
  attempt: count,
  level: count,
  workflow: name,
  action,
  result: z.enum(["text", "json", "lines", "none"]),
  environment: z.record(z.string(), z.string()),
  filesIn: z.array(inputFile).check(z.maxLength(MAX_FILES)),
  filesOut: z.array(name).check(z.maxLength(MAX_FILES)),
  timeoutMs: z.nullable(count),
  cpus: z.number().check(z.nonnegative()),
  memoryBytes: count,
  readyAt: z.optional(count),
});

const failure = z.object({ code: name, message: text });

export const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("success"),
    result: z.json(),
    files: z.array(fileRef).check(z.maxLength(MAX_FILES)),
    executionMs: count,
  }),
  z.object({ kind: z.literal("failure"), failure, executionMs: count }),
  z.object({ kind: z.literal("cancelled"), executionMs: count }),
]);

const metricValue = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("counter"), value: z.number() }),
  z.object({ kind: z.literal("gauge"), value: z.number() }),
  z.object({ kind: z.literal("histogram"), values: z.array(z.number()).check(z.maxLength(10_000)) }),
  z.object({ kind: z.literal("timer"), durationMs: count }),
  z.object({ kind: z.literal("text"), text }),
]);

export const reportSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("progress"), progress: z.number().check(z.minimum(0), z.maximum(1)) }),
  z.object({ kind: z.literal("metric"), name, value: metricValue }),
  z.object({ kind: z.literal("custom"), name, data: z.json() }),
  z.object({ kind: z.literal("log"), level: z.enum(["debug", "info", "warning", "error"]), message: text }),
]);

export const capabilitiesSchema = z.object({
  labels: z.array(name).check(z.maxLength(256)),
  os: name,
  arch: name,
  cpus: count,
  memoryBytes: count,
  gpus: count,
  programs: z.array(name).check(z.maxLength(1_000)),
  slots: count,
  canFreeze: z.boolean(),
});

const held = z.object({ key: attemptKeySchema, state: z.enum(["running", "suspended", "ended"]) });
const keys = z.array(attemptKeySchema).check(z.maxLength(MAX_HELD_ATTEMPTS));

/** From the app to an agent. */
export const appMessageSchema = z.discriminatedUnion("kind", [
  /** First message of a link. `app` must be the one the certificate names. */
  z.object({ kind: z.literal("hello"), protocol: version, app: agentId, appName: name, appVersion: name }),
  /** Receiving it twice has the effect of receiving it once. */
  z.object({ kind: z.literal("assign"), spec: attemptSpecSchema }),
  /** End its process tree; answered by `ended` with `cancelled`, or by what came first. */
  z.object({ kind: z.literal("stop"), keys, reason: text }),
  /** Answered by `suspended` or `resumed` with the keys that are now so. */
  z.object({ kind: z.literal("freeze"), keys }),
  z.object({ kind: z.literal("thaw"), keys }),
  /** The outcome is taken (durable) or unwanted: the agent may forget the attempt and its output. */
  z.object({ kind: z.literal("settled"), keys, verdict: z.enum(["accepted", "discarded"]) }),
  /** The app has kept output up to here; at most `OUTPUT_WINDOW_BYTES` beyond it may be under way. */
  z.object({ kind: z.literal("output-taken"), key: attemptKeySchema, offset: count }),
  z.object({ kind: z.literal("ping"), nonce: count }),
  /** These files, which should be there, are needed until the run is over. Answered by `files-gone` for those that are not. Since minor version 2. */
  z.object({ kind: z.literal("files-needed"), run: name, files }),
  /** Nothing is needed for these runs any more. Since minor version 2. */
  z.object({ kind: z.literal("runs-over"), runs }),
  /** The pairing is over: forget this app's certificate, stop its work. */
  z.object({ kind: z.literal("unpair") }),
  /** Answer to `renew`: the agent's new certificate, and the authority's, PEM. Since minor version 1. Rule FLEET-2. */
  z.object({ kind: z.literal("renewed"), certificate: pem, authority: pem }),
  /** All agents whose pairing with this app has ended: they get no files from now on. Since minor version 3. Rule FLEET-2. */
  z.object({ kind: z.literal("revoked"), agents: z.array(agentId).check(z.maxLength(MAX_AGENTS)) }),
]);

/** From an agent to the app. */
export const agentMessageSchema = z.discriminatedUnion("kind", [
  /** Answer to `hello`. `held`: every attempt of this app it still knows, for reconciliation. Rule FLEET-6. */
  z.object({
    kind: z.literal("welcome"),
    protocol: version,
    agent: agentId,
    name,
    version: name,
    capabilities: capabilitiesSchema,
    held: z.array(held).check(z.maxLength(MAX_HELD_ATTEMPTS)),
    /** Some of the runs that it keeps files for; the app says which are over. Since minor version 2. */
    keptRuns: z.optional(runs),
  }),
  /** Answer to anything it will not do; after `hello` the link closes. */
  z.object({ kind: z.literal("refused"), of: name, code: name, message: text, key: z.nullable(attemptKeySchema) }),
  z.object({
    kind: z.literal("heartbeat"),
    seq: count,
    load: z.number().check(z.nonnegative()),
    running: count,
    /** Null while all is well; else why it cannot work. */
    trouble: z.nullable(text),
  }),
  z.object({ kind: z.literal("started"), key: attemptKeySchema, pid: z.nullable(count) }),
  /** Repeated after every reconnect until settled. */
  z.object({ kind: z.literal("ended"), key: attemptKeySchema, outcome: outcomeSchema }),
  z.object({ kind: z.literal("suspended"), keys }),
  z.object({ kind: z.literal("resumed"), keys }),
  /** Bytes `offset` and following of the attempt's output, stdout and stderr in the order they came, as base64. */
  z.object({
    kind: z.literal("output"),
    key: attemptKeySchema,
    offset: count,
    stream: z.enum(["stdout", "stderr"]),
    base64: z.string().check(z.maxLength(Math.ceil(MAX_OUTPUT_CHUNK_BYTES / 3) * 4)),
  }),
  z.object({ kind: z.literal("report"), key: attemptKeySchema, report: reportSchema }),
  z.object({ kind: z.literal("pong"), nonce: count }),
  /** It has these no more. Only to apps of minor version 2 and later. Rule FLEET-9. */
  z.object({ kind: z.literal("files-gone"), files }),
  /** Asks for a new certificate: PKCS#10, DER, base64. Only to apps of minor version 1 and later. Rule FLEET-2. */
  z.object({ kind: z.literal("renew"), request: z.string().check(z.minLength(1), z.maxLength(MAX_REQUEST_LENGTH)) }),
]);

export type AppMessage = z.infer<typeof appMessageSchema>;
export type AgentMessage = z.infer<typeof agentMessageSchema>;

/** Output of one attempt that may be under way without being taken. */
export const OUTPUT_WINDOW_BYTES = 512 * 1024;
