import type { Json } from "#core/base/json.ts";
import type { RunInput } from "#core/engine/input.ts";
import type { ManyAction, ManyOutcome } from "#core/ipc/steer-methods.ts";
import type { NodePath } from "#core/model/id.ts";
import { toMessage } from "./to-error.ts";

/** Nodes that are under way to the loop at once: its queue has room for others. */
const AT_ONCE = 200;
/** Refusals that are told. */
const MAX_REFUSED = 100;

/** Does one thing to many nodes, each on its own. */
export async function steerMany(
  paths: readonly string[],
  steer: (path: string) => Promise<unknown>,
): Promise<ManyOutcome> {
  const refused: { path: string; message: string }[] = [];
  let done = 0;
  for (let first = 0; first < paths.length; first += AT_ONCE) {
    const some = paths.slice(first, first + AT_ONCE);
    const outcomes = await Promise.allSettled(some.map(steer));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "fulfilled") done += 1;
      else if (refused.length < MAX_REFUSED)
        refused.push({ path: some[index] ?? "", message: toMessage(outcome.reason) });
    }
  }
  return { done, refused };
}

export function toInput(action: ManyAction, path: NodePath, by: string, result: Json = null): RunInput {
  switch (action) {
    case "approve":
    case "deny":
      return { kind: "approve", path, approved: action === "approve", by };
    case "complete":
      return { kind: "complete", path, result, by };
    case "retry":
    case "skip":
    case "cancel":
      return { kind: action, path, by };
  }
}
