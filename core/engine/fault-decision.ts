import type { Millis } from "../model/id.ts";

/**
 * What somebody decided about one failed attempt, in place of the node's fault policy. `alternative` and `compensate` do what the
 * policy would: the first needs a node that names its alternative there. Rule FAULT-3.
 */
export type FaultDecision =
  /** `delayMs` null: the wait that the policy's backoff asks for. */
  | { readonly kind: "retry"; readonly delayMs: Millis | null }
  | { readonly kind: "skip" | "abort" | "alternative" | "compensate" };

/** Attempts of one node that decisions may ask for, as many as a policy may; after that the node fails. */
export const MAX_DECIDED_ATTEMPTS = 1_001;
