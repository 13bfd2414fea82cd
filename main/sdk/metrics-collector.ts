import type { RunEvent } from "#core/model/event.ts";
import type { NodePath } from "#core/model/id.ts";
import type { MetricValue, NodeTiming, RunLine } from "#core/model/run.ts";
import { renderTimingTable } from "#core/monitoring/timing-table.ts";
import { toEventData } from "#core/engine/event-data.ts";
import type { WorkflowObserver } from "./observer.ts";

/** An observer that keeps what tasks report of themselves and, at the end, how long each node took. Rule MET-1. */
export class MetricsCollector implements WorkflowObserver {
  readonly #metrics = new Map<NodePath, Map<string, MetricValue>>();
  #run: RunLine | null = null;

  onEvent(event: RunEvent): void {
    const data = toEventData(event);
    if (data.kind === "created") {
      this.#metrics.clear();
      this.#run = null;
    }
    if (data.kind !== "report" || data.report.kind !== "metric") return;
    const { name, value } = data.report;
    const ofNode = this.#metrics.get(event.path) ?? new Map<string, MetricValue>();
    this.#metrics.set(event.path, ofNode.set(name, combine(ofNode.get(name), value)));
  }

  onWorkflowCompleted(_success: boolean, run: RunLine): void {
    this.#run = run;
  }

  /** By node, then by name. */
  get metrics(): ReadonlyMap<NodePath, ReadonlyMap<string, MetricValue>> {
    return this.#metrics;
  }

  /** Empty until the run has ended. */
  get nodeTimings(): ReadonlyMap<NodePath, NodeTiming> {
    return new Map(this.#run?.nodes.map(({ path, timing }): [NodePath, NodeTiming] => [path, timing]));
  }

  /** Counters of one name added up over all nodes. */
  total(name: string): number {
    let sum = 0;
    for (const ofNode of this.#metrics.values()) {
      const value = ofNode.get(name);
      if (value?.kind === "counter") sum += value.value;
    }
    return sum;
  }

  /** A table for people: each node with its times. */
  report(): string {
    return this.#run === null ? "" : renderTimingTable(this.#run);
  }
}

/** Counters add up and histograms grow; of the others the last one counts. */
function combine(before: MetricValue | undefined, value: MetricValue): MetricValue {
  if (before?.kind === "counter" && value.kind === "counter")
    return { kind: "counter", value: before.value + value.value };
  if (before?.kind === "histogram" && value.kind === "histogram")
    return { kind: "histogram", values: [...before.values, ...value.values] };
  return value;
}
