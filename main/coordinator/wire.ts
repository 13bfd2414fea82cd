import type { AttemptKey } from "#core/model/attempt.ts";
import type { Millis, NodePath, RunId, Sha256 } from "#core/model/id.ts";
import { whyBadFileName } from "#core/model/file-name.ts";
import type { AttemptOutcome, FileRef, NodeFailure, TaskReport } from "#core/model/run.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";

type Ended = Extract<AgentMessage, { kind: "ended" }>;
type Report = Extract<AgentMessage, { kind: "report" }>;

// What agents say, as the model has it. The shapes were checked by the schemas of `core/protocol`; here they get the model's names.

export function toKey(key: Ended["key"]): AttemptKey {
  return { run: key.run as RunId, path: key.path as NodePath, fence: key.fence };
}

function toFile(file: { name: string; sha256: string; sizeBytes: number }): FileRef {
  return { name: file.name, sha256: file.sha256 as Sha256, sizeBytes: file.sizeBytes };
}

function toFailure(name: string): NodeFailure[] {
  const why = whyBadFileName(name);
  return why === undefined ? [] : [{ code: "files", message: `the file ${JSON.stringify(name)} is not taken: ${why}` }];
}

export function toOutcome(outcome: Ended["outcome"]): AttemptOutcome {
  const executionMs = outcome.executionMs as Millis;
  switch (outcome.kind) {
    case "success": {
      const [failure] = outcome.files.flatMap(({ name }) => toFailure(name));
      if (failure !== undefined) return { kind: "failure", failure, executionMs };
      return { kind: "success", result: outcome.result, files: outcome.files.map(toFile), executionMs };
    }
    case "failure":
      return { kind: "failure", failure: outcome.failure, executionMs };
    case "cancelled":
      return { kind: "cancelled", executionMs };
  }
}

export function toReport(report: Report["report"]): TaskReport {
  if (report.kind !== "metric") return report;
  const { value } = report;
  if (value.kind !== "timer") return { kind: "metric", name: report.name, value };
  return { kind: "metric", name: report.name, value: { kind: "timer", durationMs: value.durationMs as Millis } };
}
