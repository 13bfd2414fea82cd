import type { Json, JsonObject } from "../base/json.ts";
import type { RunEvent } from "../model/event.ts";
import { RUN_PATH, type NodePath } from "../model/id.ts";
import { Distribution } from "./distribution.ts";

/** Metrics kept of one run, each name of each node counted; what comes after that is dropped. */
export const MAX_METRICS = 10_000;

/** What a metric came to. Rule MET-1. */
export type MetricSummary =
  | { readonly kind: "counter"; readonly name: string; readonly value: number }
  | { readonly kind: "gauge"; readonly name: string; readonly value: number }
  | { readonly kind: "text"; readonly name: string; readonly text: string }
  | ({ readonly kind: "histogram" | "timer"; readonly name: string } & Spread);

/** Numbers that were measured; of a timer milliseconds. */
export interface Spread {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Quantiles, within 1 %. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

type Entry =
  | { readonly kind: "counter"; readonly name: string; value: number }
  | { readonly kind: "gauge"; readonly name: string; value: number; seq: number }
  | { readonly kind: "text"; readonly name: string; text: string; seq: number }
  | { readonly kind: "histogram" | "timer"; readonly name: string; readonly spread: Distribution };

/**
 * What the tasks of a run have reported of themselves, over all their attempts: counters add up, of gauges and texts the last one
 * counts, histograms and timers are collected. A name may stand for several kinds; they are kept apart. Rule MET-1.
 */
export class RunMetrics {
  readonly #own = new Map<NodePath, Map<string, Entry>>();
  #size = 0;
  #dropped = 0;

  /** Reports that found no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes an event of the run, in their order; all but reports of metrics mean nothing to it. */
  add(event: RunEvent): void {
    const entry = toEntry(event);
    if (entry === null) return;
    const ofNode = this.#own.get(event.path) ?? new Map<string, Entry>();
    const isNew = !ofNode.has(keyOf(entry));
    if (isNew && this.#size >= MAX_METRICS) {
      this.#dropped += 1;
      return;
    }
    if (isNew) this.#size += 1;
    this.#own.set(event.path, ofNode);
    put(ofNode, entry);
  }

  /** What a node itself has reported, by name. */
  of(path: NodePath): readonly MetricSummary[] {
    return toSummaries(this.#own.get(path));
  }

  /** Everything around a node that reported, itself, and the run under `""`: each with what is in it added up, by name. */
  totals(): ReadonlyMap<NodePath, readonly MetricSummary[]> {
    const sums = new Map<NodePath, Map<string, Entry>>();
    for (const [path, entries] of this.#own)
      for (const around of aroundAndSelf(path)) {
        const sum = sums.get(around) ?? new Map<string, Entry>();
        sums.set(around, sum);
        for (const entry of entries.values()) put(sum, entry);
      }
    return new Map([...sums].map(([path, entries]) => [path, toSummaries(entries)]));
  }
}

function keyOf({ kind, name }: Entry): string {
  return `${kind} ${name}`;
}

/** Joins an entry with that of the same kind and name. Never keeps the entry itself, which may change later. */
function put(entries: Map<string, Entry>, entry: Entry): void {
  const key = keyOf(entry);
  const before = entries.get(key);
  if (entry.kind === "counter") {
    if (before?.kind === "counter") before.value += entry.value;
    else entries.set(key, { ...entry });
  } else if (entry.kind === "gauge" || entry.kind === "text") {
    const isOlder = (before?.kind === "gauge" || before?.kind === "text") && before.seq > entry.seq;
    if (!isOlder) entries.set(key, { ...entry });
  } else if (before?.kind === "histogram" || before?.kind === "timer") before.spread.merge(entry.spread);
  else {
    const spread = new Distribution();
    spread.merge(entry.spread);
    entries.set(key, { kind: entry.kind, name: entry.name, spread });
  }
}

/** `a[2]/b`, `a[2]`, `a`, and the run. */
function* aroundAndSelf(path: NodePath): Iterable<NodePath> {
  let at: string = path;
  while (at !== "") {
    yield at as NodePath;
    at = at.slice(0, Math.max(0, at.lastIndexOf("/"), at.lastIndexOf("[")));
  }
  yield RUN_PATH;
}

function toSummaries(entries: ReadonlyMap<string, Entry> | undefined): readonly MetricSummary[] {
  return [...(entries?.values() ?? [])]
    .map(toSummary)
    .sort((a, b) => (a.name === b.name ? compare(a.kind, b.kind) : compare(a.name, b.name)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toSummary(entry: Entry): MetricSummary {
  switch (entry.kind) {
    case "counter":
    case "gauge":
      return { kind: entry.kind, name: entry.name, value: entry.value };
    case "text":
      return { kind: entry.kind, name: entry.name, text: entry.text };
    case "histogram":
    case "timer": {
      const { count, sum, min, max } = entry.spread;
      const [p50 = 0, p90 = 0, p99 = 0] = [0.5, 0.9, 0.99].map((share) => entry.spread.quantile(share));
      return { kind: entry.kind, name: entry.name, count, sum, min, max, p50, p90, p99 };
    }
  }
}

/** The metric an event reports, or null. Journals are read back, so nothing is taken for granted. */
function toEntry({ data, seq }: RunEvent): Entry | null {
  const report = data["report"];
  if (data["kind"] !== "report" || !isObject(report) || report["kind"] !== "metric") return null;
  const { name, value } = report;
  if (typeof name !== "string" || !isObject(value)) return null;
  switch (value["kind"]) {
    case "counter":
    case "gauge":
      return isFiniteNumber(value["value"]) ? { kind: value["kind"], name, value: value["value"], seq } : null;
    case "text":
      return typeof value["text"] === "string" ? { kind: "text", name, text: value["text"], seq } : null;
    case "histogram":
      return { kind: "histogram", name, spread: toSpread(Array.isArray(value["values"]) ? value["values"] : []) };
    case "timer":
      return { kind: "timer", name, spread: toSpread([value["durationMs"]]) };
    default:
      return null;
  }
}

function toSpread(values: readonly (Json | undefined)[]): Distribution {
  const spread = new Distribution();
  for (const value of values) if (isFiniteNumber(value)) spread.add(value);
  return spread;
}

function isFiniteNumber(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
