import type { Json, JsonObject } from "#core/base/json.ts";
import { differingPaths } from "#core/engine/differing-paths.ts";
import { documentOrder, toNodeLine, toRunHead } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import type { Comparison, NodeGlance, ValueChange } from "#core/ipc/time-methods.ts";
import type { NodePath } from "#core/model/id.ts";
import type { NodeLine } from "#core/model/run.ts";
import { type MetricSummary, RunMetrics } from "#core/monitoring/metrics.ts";
import type { RunHistory } from "./run-history.ts";

/** Nodes told in one answer. */
const NODES_AN_ANSWER = 2_000;
/** Variables and metrics told. */
const MAX_VALUES = 1_000;
/** Characters of a result, a variable, a message. */
const MAX_TEXT_LENGTH = 400;

/** What differs between two states of a run: nodes in document order, from the `first` on. Rule SNAP-4. */
export async function compareStates(
  history: RunHistory,
  before: RunState,
  after: RunState,
  first: number,
): Promise<Comparison> {
  const nodes = [...differingPaths(before, after)]
    .map((path) => ({ path, one: toNodeLine(before, path), other: toNodeLine(after, path) }))
    .map(({ path, one, other }) => ({ path, line: other ?? one, before: glance(one), after: glance(other) }))
    .filter((row) => JSON.stringify(row.before) !== JSON.stringify(row.after))
    .map((row) => ({ ...row, order: documentOrder(row.after === null ? before : after, row.path) }))
    .sort((one, other) => compareOrder(one.order, other.order));
  const next = first + NODES_AN_ANSWER;
  return {
    total: nodes.length,
    nodes: nodes.slice(first, next).map(({ path, line, ...row }) => ({
      path,
      name: line?.label ?? "",
      type: line?.type ?? "task",
      before: row.before,
      after: row.after,
    })),
    variables: changes(texts(toRunHead(before).variables), texts(toRunHead(after).variables)),
    metrics: await changedMetrics(history, before.seq, after.seq),
    next: next < nodes.length ? next : null,
  };
}

function glance(line: NodeLine | undefined): NodeGlance | null {
  if (line === undefined) return null;
  const { state, phase, action, attempt, agent, result, error } = line;
  return { state, phase, action, attempt, agent, result: textOf(result), error: error && cut(error.message) };
}

function textOf(value: Json): string | null {
  if (value === null) return null;
  return cut(typeof value === "string" ? value : JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
}

function texts(values: JsonObject): ReadonlyMap<string, string> {
  return new Map(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
}

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly ValueChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .slice(0, MAX_VALUES)
    .map((name) => ({ name, before: cutOrNull(before.get(name)), after: cutOrNull(after.get(name)) }));
}

function cutOrNull(text: string | undefined): string | null {
  return text === undefined ? null : cut(text);
}

/** Of the whole run. */
async function changedMetrics(history: RunHistory, before: number, after: number): Promise<readonly ValueChange[]> {
  const metrics = new RunMetrics();
  const [earlier, later] = [Math.min(before, after), Math.max(before, after)];
  await history.events(0, earlier, (event) => metrics.add(event));
  const first = totals(metrics);
  await history.events(earlier, later, (event) => metrics.add(event));
  const second = totals(metrics);
  return before <= after ? changes(first, second) : changes(second, first);
}

function totals(metrics: RunMetrics): ReadonlyMap<string, string> {
  return new Map((metrics.totals().get("" as NodePath) ?? []).map((summary) => [summary.name, wordsOf(summary)]));
}

function wordsOf(summary: MetricSummary): string {
  switch (summary.kind) {
    case "counter":
    case "gauge":
      return String(summary.value);
    case "text":
      return summary.text;
    case "histogram":
    case "timer":
      return `${String(summary.count)} × ~${String(Number(summary.p50.toPrecision(3)))}`;
  }
}

function compareOrder(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at === -1 ? one.length - other.length : (one[at] ?? 0) - (other[at] ?? -1);
}
