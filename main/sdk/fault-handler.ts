import type { NodePath } from "#core/model/id.ts";
import type { NodeFailure, NodeLine, RunLine } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import type { BackoffStrategy, Duration, FaultOptions } from "./options.ts";

/** What comes after a failed attempt. Rule FAULT-3. */
export type FaultAction =
  /** Without a delay: the wait that the node's own backoff asks for. */
  | { readonly action: "retry"; readonly delay?: Duration }
  | { readonly action: "skip" }
  | { readonly action: "abort" }
  /** Undoes what was done inside the node, then tries again. */
  | { readonly action: "compensateAndRetry" }
  /** The node's own `fault.then` must name the same sibling, so that it stands by. */
  | { readonly action: "runAlternative"; readonly id: string };

export const FaultAction = {
  retry: (delay?: Duration): FaultAction => (delay === undefined ? { action: "retry" } : { action: "retry", delay }),
  skip: { action: "skip" },
  abort: { action: "abort" },
  compensateAndRetry: { action: "compensateAndRetry" },
  runAlternative: (id: string): FaultAction => ({ action: "runAlternative", id }),
} as const;

/** The run as a fault handler sees it. */
export interface RunView {
  readonly definition: WorkflowDefinition;
  show(): RunLine;
  node(path: string): NodeLine | undefined;
}

/**
 * Decides what a failed attempt leads to. One that throws is recorded as an `Error` event of the run, and the node's own policy decides.
 * Rule FAULT-7.
 */
export interface FaultHandler {
  /** For every task that says nothing itself. */
  readonly policy?: FaultOptions;
  /** Asked after each failed attempt of a task, in this process. Null: the node's policy decides. Must answer at once. */
  handleFault(workflow: RunView, nodeId: NodePath, error: NodeFailure): FaultAction | null;
}

/** Leaves every decision to the policies of the nodes, and has one for those without. So it works on a fleet as well. */
export class DefaultFaultHandler implements FaultHandler {
  readonly policy: FaultOptions;

  constructor(policy: FaultOptions = {}) {
    this.policy = policy;
  }

  /** Attempts after the first. */
  withRetryLimit(retry: number): DefaultFaultHandler {
    return new DefaultFaultHandler({ ...this.policy, retry });
  }

  withBackoff(backoff: BackoffStrategy): DefaultFaultHandler {
    return new DefaultFaultHandler({ ...this.policy, backoff });
  }

  /** Of one attempt. */
  withTimeout(timeout: Duration): DefaultFaultHandler {
    return new DefaultFaultHandler({ ...this.policy, timeout });
  }

  /** What comes after the last attempt; `abort` by default. */
  withFinalAction(then: "abort" | "skip"): DefaultFaultHandler {
    return new DefaultFaultHandler({ ...this.policy, then });
  }

  handleFault(): null {
    return null;
  }
}

export function defaultFaultHandler(): DefaultFaultHandler {
  return new DefaultFaultHandler();
}
