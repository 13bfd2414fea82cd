import type { NodeInfo } from "#core/model/agent.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import type { RunHead, RunLine } from "#core/model/run.ts";
import type { SnapshotHead } from "#core/model/snapshot.ts";
import type { JsonRecord } from "./output.ts";

// The lines of `--json`: docs/spec/command-line.md. Fields may be added, never renamed.

export function eventRecord(event: RunEvent): JsonRecord {
  const { run, seq, time, type, path, level, from, to, reason, message, data } = event;
  return { kind: "event", run, seq, time, type, path, level, from, to, reason, message, data };
}

export function runRecord(line: RunLine): JsonRecord {
  return { kind: "run", ...inOrder({ ...line }, RUN_FIELDS) };
}

/** A run without its nodes, as `runs` lists it. */
export function headRecord(head: RunHead): JsonRecord {
  return { kind: "run", ...inOrder({ ...head }, RUN_FIELDS) };
}

const RUN_FIELDS = ["run", "workflow", "state", "seq", "variables", "outputs"];

/** The same object with the fields that the spec names first. */
function inOrder(fields: Readonly<Record<string, unknown>>, first: readonly string[]): Record<string, unknown> {
  return Object.fromEntries([...first, ...Object.keys(fields)].map((name) => [name, fields[name]]));
}

export function snapshotRecord(head: SnapshotHead): JsonRecord {
  const { id, run, seq, time, reason, state, workflow, definitionHash } = head;
  return { kind: "snapshot", id, run, seq, time, reason, state, workflow, definitionHash };
}

export function problemRecord(problem: WorkflowProblem): JsonRecord {
  const { file, line, column, code, message, suggestion, severity } = problem;
  return { kind: "problem", file, line, column, code, message, suggestion, severity };
}

export function agentRecord(agent: NodeInfo): JsonRecord {
  const { id, name, addresses, paired, status, running, load, lastHeartbeat, version, capabilities } = agent;
  return {
    kind: "agent",
    id,
    name,
    addresses,
    paired,
    status,
    labels: capabilities?.labels ?? [],
    slots: capabilities?.slots ?? null,
    running,
    load,
    lastHeartbeat,
    version,
    port: agent.port,
    fingerprint: agent.fingerprint,
    reason: agent.reason,
    draining: agent.draining,
    isThisMachine: agent.isThisMachine,
  };
}
