import type { NodeFailure } from "#core/model/run.ts";

/** What a function came to, when the plain value it returns or the error it throws does not say enough. Rule NODE-11. */
export type NodeResult<Value> =
  | { readonly nodeResult: "success"; readonly value: Value }
  | { readonly nodeResult: "failure"; readonly failure: NodeFailure }
  /** The node goes on running until somebody says what it came to: `complete` of the engine. */
  | { readonly nodeResult: "pending" };

export function success<const Value>(value: Value): NodeResult<Value> {
  return { nodeResult: "success", value };
}

/** A failed attempt. `code` is stable and for programs, `message` is for people. */
export function failure(message: string, code = "failed"): NodeResult<never> {
  return { nodeResult: "failure", failure: { code, message } };
}

export function pending(): NodeResult<never> {
  return { nodeResult: "pending" };
}

export function isNodeResult(value: unknown): value is NodeResult<unknown> {
  return typeof value === "object" && value !== null && "nodeResult" in value;
}
