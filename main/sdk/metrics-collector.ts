import type { RunEvent } from "#core/model/event.ts";
import { type NodePath, RUN_PATH } from "#core/model/id.ts";
import type { NodeTiming, RunLine } from "#core/model/run.ts";
import { type MetricSummary, RunMetrics } from "#core/monitoring/metrics.ts";
import { renderTimingTable } from "#core/monitoring/timing-table.ts";
import type { WorkflowObserver } from "./observer.ts";

/** An observer that keeps what tasks report of themselves and, at the end, how long each node took. Rule MET-1. */
export class MetricsCollector implements WorkflowObserver {
  #metrics = new RunMetrics();
  #run: RunLine | null = null;

  onEvent(event: RunEvent): void {
    if (event.data["kind"] === "created") {
      this.#metrics = new RunMetrics();
      this.#run = null;
    }
    this.#metrics.add(event);
  }

  onWorkflowCompleted(_success: boolean, run: RunLine): void {
    this.#run = run;
  }

  /** Of each node that reported, and of whatever is around one with all in it added up; the whole run's under `""`. */
  get metrics(): ReadonlyMap<NodePath, readonly MetricSummary[]> {
    return this.#metrics.totals();
  }

  /** Empty until the run has ended. */
  get nodeTimings(): ReadonlyMap<NodePath, NodeTiming> {
    return new Map(this.#run?.nodes.map(({ path, timing }): [NodePath, NodeTiming] => [path, timing]));
  }

  /** Counters of one name added up over all nodes. */
  total(name: string): number {
    const all = this.metrics.get(RUN_PATH)?.find((one) => one.kind === "counter" && one.name === name);
    return all?.kind === "counter" ? all.value : 0;
  }

  /** A table for people: each node with its times. */
  report(): string {
    return this.#run === null ? "" : renderTimingTable(this.#run);
  }
}
