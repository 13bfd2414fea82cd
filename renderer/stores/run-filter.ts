import type { WorkflowState } from "#core/model/run.ts";
import type { RunFilter, RunOrder, Since } from "#core/view/run-history.ts";
import { NO_FILTER, RUN_ORDERS, SINCE_MS } from "#core/view/run-history.ts";

export const RUN_STATES: readonly WorkflowState[] = ["running", "paused", "idle", "completed", "failed", "cancelled"];
export const SINCES = Object.keys(SINCE_MS) as readonly Since[];

const pick = <T extends string>(choices: readonly T[], text: string | null): T | null =>
  choices.find((choice) => choice === text) ?? null;

/** The filter in an address; what is not understood leaves nothing out. */
export function parseRunFilter(query: string): RunFilter {
  const asked = new URLSearchParams(query);
  return {
    search: asked.get("q") ?? "",
    state: pick(RUN_STATES, asked.get("state")),
    workflow: asked.get("workflow"),
    since: pick(SINCES, asked.get("since")),
    forked: asked.get("forked") === "yes",
    order: pick<RunOrder>(RUN_ORDERS, asked.get("sort")) ?? NO_FILTER.order,
    descending: asked.get("order") !== "up",
  };
}

/** `parseRunFilter` of it gives the filter back. */
export function toRunQuery(filter: RunFilter): string {
  const query = new URLSearchParams();
  if (filter.search !== "") query.set("q", filter.search);
  if (filter.state !== null) query.set("state", filter.state);
  if (filter.workflow !== null) query.set("workflow", filter.workflow);
  if (filter.since !== null) query.set("since", filter.since);
  if (filter.forked) query.set("forked", "yes");
  if (filter.order !== NO_FILTER.order) query.set("sort", filter.order);
  if (!filter.descending) query.set("order", "up");
  return query.toString();
}
