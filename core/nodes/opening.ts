import type { Json, JsonObject } from "../base/json.ts";
import type { NodeFailure } from "../model/run.ts";

/** What a composite has when it starts. */
export type Contents =
  /** The nodes it was written with; of a conditional, those of one branch. */
  | { readonly shape: "nodes"; readonly branch: "then" | "else" | null }
  /** One group for each item. Rule NODE-5. */
  | { readonly shape: "items"; readonly items: readonly Json[] }
  /** Groups that come one after the other; `times` is null where a condition decides. Rule NODE-8. */
  | { readonly shape: "iterations"; readonly times: number | null }
  /** A whole workflow with these inputs. Rule NODE-9. */
  | { readonly shape: "workflow"; readonly inputs: JsonObject };

/** How a composite starts. */
export type Opening =
  | { readonly kind: "open"; readonly contents: Contents; readonly reason: string }
  /** It never starts: there is nothing in it for it to do. */
  | { readonly kind: "skip"; readonly reason: string }
  | { readonly kind: "fail"; readonly failure: NodeFailure };

/** How the children of a composite have ended so far. Standbys and branches not taken are not among them. */
export interface Tally {
  /** Children in all. */
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
}

/** What the ends of its children mean for a composite. */
export type Verdict =
  | { readonly kind: "wait" }
  | { readonly kind: "complete"; readonly reason: string }
  | { readonly kind: "skip"; readonly reason: string }
  | { readonly kind: "fail"; readonly failure: NodeFailure };

/** Children that have not ended. */
export function countOpen(tally: Tally): number {
  return tally.total - tally.completed - tally.failed - tally.skipped - tally.cancelled;
}

/** A child that did not end well: its id and what is known of its end. */
export interface Fall {
  readonly id: string;
  readonly failure: NodeFailure;
}

/** A composite's failure when a child's was the cause. */
export function failureOfChild(fall: Fall): NodeFailure {
  return { code: "child-failed", message: `"${fall.id}" did not complete: ${fall.failure.message}` };
}
