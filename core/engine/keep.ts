import { assertNever } from "../base/assert.ts";
import { heapRest, heapWith } from "../base/persistent-heap.ts";
import { mapGet } from "../base/persistent-map.ts";
import type { NodePath } from "../model/id.ts";
import { completeTask, failNode, ON_ITS_OWN } from "./end-node.ts";
import { isRefused, isStale } from "./freshness.ts";
import { findKept, type KeptMark, type KeptResult } from "./kept.ts";
import { contextOf, recipeByHand } from "./recipe.ts";
import { findNode } from "./records.ts";
import type { NodeRecord, RunState } from "./state.ts";
import { emit, type Keeping, type Turn } from "./turn.ts";

/**
 * A task of a fork that is about to start, and that the original has done already, ends as it did there. Not at once: what is kept
 * ends in the order in which it ended in the original, so that variables are written in that order. False: it has to be done.
 */
export function keepTask(turn: Turn, record: NodeRecord, toRecipe: () => string): boolean {
  const { state } = turn;
  if (state.kept === null || isRefused(state, record) || isStale(state, record)) return false;
  const found = findKept(state.kept, record.path, record.was, toRecipe());
  if (found === null || found.outcome.kind === "by-hand") return false;
  if (found.outcome.kind === "failed" && found.outcome.context !== contextOf(state, record)) return false;
  waitForTurn(turn, record.path, found, found.outcome.kind === "completed" ? found.outcome.agent : null);
  return true;
}

/** What a person did to a node of the original stands, as long as the node is the same and nothing before it is fresh. */
export function keepByHand(turn: Turn, record: NodeRecord): boolean {
  const { state } = turn;
  const found = state.kept === null || record.was === null ? undefined : mapGet(state.kept.results, record.was);
  if (found === undefined || found.outcome.kind !== "by-hand" || found.recipe !== recipeByHand(record)) return false;
  if (isRefused(state, record) || isStale(state, record)) return false;
  if (found.outcome.state === "completed") waitForTurn(turn, record.path, found, null);
  else {
    const kept: KeptMark = { path: found.path, agent: null };
    const data = { kind: "skipped", cause: "person", by: found.outcome.by, apart: null, kept } as const;
    emit(turn, record.path, data, toReason(state));
    turn.work.push(record.path);
  }
  return true;
}

function waitForTurn(turn: Turn, path: NodePath, { path: from, order }: KeptResult, agent: KeptMark["agent"]): void {
  const kept: KeptMark = { path: from, agent };
  emit(turn, path, { kind: "started", contents: null, timeoutAt: null, totalAt: null, kept }, toReason(turn.state));
  turn.keeping = heapWith(turn.keeping, { order, path }, byOrder);
}

/** Ends the one of the waiting that ended first in the original. False when none waits. */
export function endNextKept(turn: Turn): boolean {
  if (turn.keeping === null) return false;
  const { path } = turn.keeping.value;
  turn.keeping = heapRest(turn.keeping, byOrder);
  const record = findNode(turn.state, path);
  const mark = record?.kept ?? null;
  const result = mark === null || turn.state.kept === null ? undefined : mapGet(turn.state.kept.results, mark.path);
  // It was not needed any more, meanwhile, or what it is in has started over.
  if (result === undefined || record?.state !== "running") return true;
  const reason = toReason(turn.state);
  const { outcome } = result;
  switch (outcome.kind) {
    case "completed":
      completeTask(turn, path, outcome, reason, ON_ITS_OWN, outcome.written);
      return true;
    case "by-hand":
      completeTask(turn, path, { result: outcome.result, files: [] }, reason, { executionMs: 0, by: outcome.by });
      return true;
    case "failed":
      failNode(turn, path, outcome.failure, "final", ON_ITS_OWN);
      return true;
    default:
      return assertNever(outcome);
  }
}

function toReason({ origin }: RunState): string {
  return `kept from run ${origin?.run ?? ""}`;
}

function byOrder(a: Keeping, b: Keeping): number {
  return a.order - b.order;
}
