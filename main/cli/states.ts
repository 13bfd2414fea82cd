import type { NodeLine, NodeState, RunHead, WorkflowState } from "#core/model/run.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";

type FinalState = "completed" | "failed" | "cancelled";

export function isFinalRunState(state: string | null): state is FinalState {
  return state === "completed" || state === "failed" || state === "cancelled";
}

export function isFinalNodeState(state: string | null): boolean {
  return isFinalRunState(state) || state === "skipped";
}

export function exitCodeOfRun(state: WorkflowState): ExitCode {
  if (state === "cancelled") return EXIT.cancelled;
  return state === "completed" ? EXIT.done : EXIT.failed;
}

const SIGNS: Readonly<Record<NodeState | WorkflowState, string>> = {
  idle: "·",
  running: "▶",
  suspended: "‖",
  paused: "‖",
  completed: "✓",
  failed: "✗",
  skipped: "↷",
  cancelled: "⊘",
};

/** A sign beside a state's name: never instead of it. */
export function signOf(state: string): string {
  return Object.entries(SIGNS).find(([name]) => name === state)?.[1] ?? "?";
}

/** Milliseconds as people say them: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function toDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

function pad(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}

/** Local date and time to the second. */
export function toMoment(time: number | null): string {
  if (time === null) return "-";
  const date = new Date(time);
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Task nodes of a run that are over, and all that are known. */
export function taskProgress(head: RunHead): { readonly done: number; readonly total: number } {
  const { completed, failed, skipped, cancelled, idle, running, suspended } = head.counts;
  const done = completed + failed + skipped + cancelled;
  return { done, total: done + idle + running + suspended };
}

/** One node on one line for people. */
export function nodeText(node: NodeLine, agentName: (id: string) => string): string {
  const name = node.path.split("/").at(-1) ?? node.path;
  const isNamed = node.label !== "" && node.label !== name;
  const label = isNamed ? `${name} (${node.label})` : name;
  const parts = [`${"  ".repeat(Math.max(0, node.level - 1))}${signOf(node.state)} ${label}`, node.state];
  if (node.phase !== null) parts.push(`(${node.phase})`);
  if (node.attempt > 1) parts.push(`attempt ${node.attempt}`);
  if (node.agent !== null) parts.push(`on ${agentName(node.agent)}`);
  if (node.timing.execution > 0) parts.push(toDuration(node.timing.execution));
  if (node.keptFrom !== undefined) parts.push("(kept)");
  // Of what waits for another attempt its reason says what failed, and until when it waits.
  const why = node.phase === null ? (node.error?.message ?? node.reason) : node.reason;
  const shows = node.error !== null || node.state !== "completed";
  return shows && why !== null && why !== "" ? `${parts.join(" ")}: ${why}` : parts.join(" ");
}
