import type { RunEvent } from "#core/model/event.ts";
import type { NodePath } from "#core/model/id.ts";
import type { NodeState, RunLine, WorkflowState } from "#core/model/run.ts";

/** Is told what happens in a run, in order. One that throws is recorded as an `Error` event and goes on being told. Rules MET-3, FAULT-7. */
export interface WorkflowObserver {
  onNodeStateChange?(nodeId: NodePath, oldState: NodeState, newState: NodeState, event: RunEvent): void;
  onWorkflowStateChange?(oldState: WorkflowState, newState: WorkflowState, event: RunEvent): void;
  /** Once, at the end. */
  onWorkflowCompleted?(success: boolean, run: RunLine): void;
  /** Every event: metrics, log lines, custom events and errors as well. */
  onEvent?(event: RunEvent): void;
}

/** Failures of one observer that are recorded; what it does wrong after that is passed over. */
export const MAX_RECORDED_FAILURES = 100;

/** Tells observers, and tells `failed` when one throws. */
export class Observers {
  readonly #observers: WorkflowObserver[] = [];
  readonly #failures = new Map<WorkflowObserver, number>();

  get all(): readonly WorkflowObserver[] {
    return [...this.#observers];
  }

  add(observer: WorkflowObserver): void {
    this.#observers.push(observer);
  }

  remove(observer: WorkflowObserver): void {
    const index = this.#observers.indexOf(observer);
    if (index >= 0) this.#observers.splice(index, 1);
  }

  tell(event: RunEvent, failed: (message: string) => void): void {
    for (const observer of [...this.#observers]) {
      const call = (method: string, tell: () => void): void => this.#call(observer, method, tell, failed);
      call("onEvent", () => observer.onEvent?.(event));
      // The states of an event are those of its kind of change: the engine writes no others.
      const { from, to, path } = event;
      if (from === null || to === null) continue;
      if (event.type === "NodeStateChange")
        call("onNodeStateChange", () => observer.onNodeStateChange?.(path, from as NodeState, to as NodeState, event));
      if (event.type === "WorkflowStateChange")
        call("onWorkflowStateChange", () =>
          observer.onWorkflowStateChange?.(from as WorkflowState, to as WorkflowState, event),
        );
    }
  }

  tellEnd(run: RunLine, failed: (message: string) => void): void {
    for (const observer of [...this.#observers])
      this.#call(
        observer,
        "onWorkflowCompleted",
        () => observer.onWorkflowCompleted?.(run.state === "completed", run),
        failed,
      );
  }

  /** An observer that fails at every event would also fail at the event that says so: there is a limit. */
  #call(observer: WorkflowObserver, method: string, tell: () => void, failed: (message: string) => void): void {
    try {
      tell();
    } catch (error) {
      const failures = (this.#failures.get(observer) ?? 0) + 1;
      this.#failures.set(observer, failures);
      if (failures > MAX_RECORDED_FAILURES) return;
      const last = failures === MAX_RECORDED_FAILURES ? "; its further failures are not recorded" : "";
      failed(`an observer failed in ${method}: ${error instanceof Error ? error.message : String(error)}${last}`);
    }
  }
}
