import type { Json } from "../base/json.ts";
import type { AttemptKey, AttemptSpec, InputFile } from "../model/attempt.ts";
import type { AgentId, EpochMs, Millis, NodePath, RunId, Sha256 } from "../model/id.ts";
import type { AttemptOutcome, FileRef, TaskReport } from "../model/run.ts";
import type { AgentMessage, AppMessage } from "./messages.ts";

// The edge between what is on the wire, already checked by its schema, and the model. By hand, so that either may change
// without the other. The casts brand what a schema has checked.

type WireKey = NonNullable<(AgentMessage & { kind: "refused" })["key"]>;
type WireSpec = (AppMessage & { kind: "assign" })["spec"];
type WireOutcome = (AgentMessage & { kind: "ended" })["outcome"];
type WireReport = (AgentMessage & { kind: "report" })["report"];
type WireFile = (WireOutcome & { kind: "success" })["files"][number];
type WireJson = (WireOutcome & { kind: "success" })["result"];

/** The key a peer sent. */
export function toAttemptKey(wire: WireKey): AttemptKey {
  return { run: wire.run as RunId, path: wire.path as NodePath, fence: wire.fence };
}

/** A key to send. */
export function fromAttemptKey(key: AttemptKey): WireKey {
  return { run: key.run, path: key.path, fence: key.fence };
}

/** What an app asked for. */
export function toAttemptSpec({ readyAt, ...wire }: WireSpec): AttemptSpec {
  return {
    ...wire,
    ...(readyAt === undefined ? {} : { readyAt: readyAt as EpochMs }),
    key: toAttemptKey(wire.key),
    action:
      wire.action.kind === "sleep" ? { kind: "sleep", durationMs: wire.action.durationMs as Millis } : wire.action,
    filesIn: wire.filesIn.map(toInputFile),
    timeoutMs: wire.timeoutMs as Millis | null,
  };
}

/** An order to send. */
export function fromAttemptSpec(spec: AttemptSpec): WireSpec {
  const { action } = spec;
  return {
    ...spec,
    key: fromAttemptKey(spec.key),
    action: fromAction(action),
    environment: { ...spec.environment },
    filesIn: spec.filesIn.map((file) => ({
      ...fromFileRef(file),
      holders: file.holders.map((holder) => ({ ...holder, addresses: [...holder.addresses] })),
    })),
    filesOut: [...spec.filesOut],
  };
}

/** What an agent says an attempt came to. */
export function toOutcome(wire: WireOutcome): AttemptOutcome {
  const executionMs = wire.executionMs as Millis;
  if (wire.kind === "success") return { ...wire, files: wire.files.map(toFileRef), executionMs };
  return { ...wire, executionMs };
}

/** An outcome to send. */
export function fromOutcome(outcome: AttemptOutcome): WireOutcome {
  if (outcome.kind !== "success") return { ...outcome };
  return { ...outcome, result: fromJson(outcome.result), files: outcome.files.map(fromFileRef) };
}

/** What a task said about itself. */
export function toReport(wire: WireReport): TaskReport {
  if (wire.kind !== "metric" || wire.value.kind !== "timer") return wire as TaskReport;
  return { ...wire, value: { kind: "timer", durationMs: wire.value.durationMs as Millis } };
}

/** A report to send. */
export function fromReport(report: TaskReport): WireReport {
  if (report.kind === "custom") return { ...report, data: fromJson(report.data) };
  if (report.kind !== "metric") return report;
  const { name, value } = report;
  return { kind: "metric", name, value: value.kind === "histogram" ? { ...value, values: [...value.values] } : value };
}

function toInputFile(wire: WireSpec["filesIn"][number]): InputFile {
  return {
    ...toFileRef(wire),
    holders: wire.holders.map((holder) => ({ ...holder, agent: holder.agent as AgentId })),
  };
}

function toFileRef(wire: WireFile): FileRef {
  return { name: wire.name, sha256: wire.sha256 as Sha256, sizeBytes: wire.sizeBytes };
}

function fromFileRef(file: FileRef): WireFile {
  return { name: file.name, sha256: file.sha256, sizeBytes: file.sizeBytes };
}

function fromAction(action: AttemptSpec["action"]): WireSpec["action"] {
  switch (action.kind) {
    case "argv":
      return { kind: "argv", argv: [...action.argv] };
    case "script":
      return { ...action, args: fromJson(action.args) };
    case "http":
      return { ...action, headers: { ...action.headers }, body: fromJson(action.body), expect: [...action.expect] };
    default:
      return action;
  }
}

/** The same value: the wire type is only not marked read-only. */
function fromJson(value: Json): WireJson {
  return value as WireJson;
}
