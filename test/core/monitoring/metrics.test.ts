import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "#core/base/json.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { EpochMs, Millis, NodePath, RunId } from "#core/model/id.ts";
import type { MetricValue } from "#core/model/run.ts";
import { Distribution } from "#core/monitoring/distribution.ts";
import { inRunOrder, renderMetricsTable } from "#core/monitoring/metrics-table.ts";
import { MAX_METRICS, RunMetrics, type MetricSummary } from "#core/monitoring/metrics.ts";
import { line, path, runOf } from "./support.ts";

/** Metrics from `[path, name, value]`, reported one after the other. */
function metricsOf(reports: readonly (readonly [string, string, MetricValue | Json])[]): RunMetrics {
  const metrics = new RunMetrics();
  reports.forEach(([at, name, value], index) => {
    const report = { kind: "metric", name, value: JSON.parse(JSON.stringify(value)) };
    const event: RunEvent = {
      run: "r1" as RunId,
      seq: index + 1,
      time: 0 as EpochMs,
      type: "MetricUpdate",
      path: at as NodePath,
      level: 1,
      from: null,
      to: null,
      reason: null,
      message: "",
      data: { kind: "report", report },
    };
    metrics.add(event);
  });
  return metrics;
}

const counter = (value: number): MetricValue => ({ kind: "counter", value });
const gauge = (value: number): MetricValue => ({ kind: "gauge", value });

function named(list: readonly MetricSummary[] | undefined, name: string): MetricSummary | undefined {
  return list?.find((metric) => metric.name === name);
}

test("[MET-1] counters add up, of gauges and texts the last counts, histograms and timers are collected", () => {
  const metrics = metricsOf([
    ["a", "done", counter(2)],
    ["a", "done", counter(3)],
    ["a", "speed", gauge(7)],
    ["a", "speed", gauge(0.5)],
    ["a", "host", { kind: "text", text: "one" }],
    ["a", "host", { kind: "text", text: "two" }],
    ["a", "sizes", { kind: "histogram", values: [1, 2, 3] }],
    ["a", "sizes", { kind: "histogram", values: [-4, 0] }],
    ["a", "took", { kind: "timer", durationMs: 40 as Millis }],
    ["a", "took", { kind: "timer", durationMs: 60 as Millis }],
  ]);
  const of = metrics.of(path("a"));
  assert.deepEqual(named(of, "done"), { kind: "counter", name: "done", value: 5 });
  assert.deepEqual(named(of, "speed"), { kind: "gauge", name: "speed", value: 0.5 });
  assert.deepEqual(named(of, "host"), { kind: "text", name: "host", text: "two" });
  const sizes = named(of, "sizes");
  assert.ok(sizes?.kind === "histogram");
  assert.deepEqual([sizes.count, sizes.sum, sizes.min, sizes.max], [5, 2, -4, 3]);
  assert.ok(Math.abs(sizes.p50 - 1) <= 0.01);
  const took = named(of, "took");
  assert.ok(took?.kind === "timer");
  assert.deepEqual([took.count, took.sum, took.min, took.max], [2, 100, 40, 60]);
});

test("[MET-1] what nodes report is summed up to everything around them and to the run", () => {
  const totals = metricsOf([
    ["p[0]/a", "done", counter(1)],
    ["p[1]/a", "done", counter(10)],
    ["p[1]/a", "speed", gauge(5)],
    ["p[0]/a", "speed", gauge(4)],
    ["q", "done", counter(100)],
  ]).totals();
  const done = (at: string): number | null => {
    const metric = named(totals.get(path(at)), "done");
    return metric?.kind === "counter" ? metric.value : null;
  };
  assert.deepEqual(["", "p", "p[0]", "p[1]", "p[1]/a", "q"].map(done), [111, 11, 1, 10, 10, 100]);
  assert.deepEqual(named(totals.get(path("p")), "speed"), { kind: "gauge", name: "speed", value: 4 });
});

test("[MET-1] kinds of one name are kept apart, and what is no metric is passed over", () => {
  const of = metricsOf([
    ["a", "x", counter(1)],
    ["a", "x", gauge(9)],
    ["a", "y", { kind: "gauge", value: "many" }],
    ["a", "z", { kind: "other" }],
    ["a", "z", null],
  ]).of(path("a"));
  assert.deepEqual(of, [
    { kind: "counter", name: "x", value: 1 },
    { kind: "gauge", name: "x", value: 9 },
  ]);
});

test("[MET-1] a run keeps so many metrics and counts what it drops", () => {
  const many = Array.from({ length: MAX_METRICS + 5 }, (_, index) => ["a", `m${index}`, counter(1)] as const);
  const metrics = metricsOf([...many, ["a", "m0", counter(1)]]);
  assert.equal(metrics.dropped, 5);
  assert.deepEqual(named(metrics.of(path("a")), "m0"), { kind: "counter", name: "m0", value: 2 });
});

test("[MET-1] quantiles are within one percent of a value that was there, also of distributions put together", () => {
  const number = fc.oneof(
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  );
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 200 }), fc.nat(200), (values, cut) => {
      const [first, second] = [new Distribution(), new Distribution()];
      values.forEach((value, index) => (index < cut ? first : second).add(value));
      first.merge(second);
      const sorted = [...values].sort((a, b) => a - b);
      assert.equal(first.count, values.length);
      assert.equal(first.min, sorted[0]);
      assert.equal(first.max, sorted.at(-1));
      for (const share of [0, 0.25, 0.5, 0.9, 0.99, 1]) {
        const exact = sorted[Math.round(share * (sorted.length - 1))] ?? 0;
        assert.ok(Math.abs(first.quantile(share) - exact) <= Math.abs(exact) * 0.0101, `${share} of ${String(values)}`);
      }
    }),
  );
});

test("[MET-1] the table of metrics begins with the run and follows its nodes", () => {
  const totals = metricsOf([
    ["b", "done", counter(3)],
    ["a", "took", { kind: "timer", durationMs: 1_500 as Millis }],
  ]).totals();
  const run = runOf([line("a", "task", "completed"), line("b", "task", "completed"), line("c", "task", "idle")]);
  assert.equal(
    renderMetricsTable(inRunOrder(run, totals)),
    `NODE       METRIC  VALUE
(the run)  done    3
(the run)  took    1 from 1.5 s to 1.5 s, half up to 1.5 s, 90 % up to 1.5 s, 99 % up to 1.5 s, 1.5 s in all
a          took    1 from 1.5 s to 1.5 s, half up to 1.5 s, 90 % up to 1.5 s, 99 % up to 1.5 s, 1.5 s in all
b          done    3
`,
  );
});
