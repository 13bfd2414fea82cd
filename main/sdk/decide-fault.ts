import type { FaultDecision } from "#core/engine/fault-decision.ts";
import { findNode } from "#core/engine/records.ts";
import type { RunState } from "#core/engine/state.ts";
import type { NodePath } from "#core/model/id.ts";
import { parseDuration } from "#core/workflow-file/units.ts";
import type { FaultAction } from "./fault-handler.ts";

/** What a fault handler said, as the engine takes it; null: it leaves the decision to the policy. Throws when it makes no sense. */
export function toDecision(
  action: FaultAction | null | undefined,
  path: NodePath,
  state: RunState,
): FaultDecision | null {
  if (action === null || action === undefined) return null;
  switch (action.action) {
    case "retry":
      return { kind: "retry", delayMs: action.delay === undefined ? null : toDelay(action.delay) };
    case "skip":
    case "abort":
      return { kind: action.action };
    case "compensateAndRetry":
      return { kind: "compensate" };
    case "runAlternative":
      checkAlternative(action.id, path, state);
      return { kind: "alternative" };
    default:
      throw new Error(`expected a fault action, found ${JSON.stringify(action)}`);
  }
}

function toDelay(text: string): NonNullable<ReturnType<typeof parseDuration>> {
  const delay = parseDuration(text);
  if (delay === null) throw new Error(`expected a delay such as 250ms, 30s, 5m or 2h, found "${text}"`);
  return delay;
}

/** Only what a definition names stands by: any other sibling has run, or will run, for its own sake. */
function checkAlternative(id: string, path: NodePath, state: RunState): void {
  const then = findNode(state, path)?.definition?.fault.then;
  if (then?.kind === "runAlternative" && then.id === id) return;
  const found = then?.kind === "runAlternative" ? `it names "${then.id}"` : "it names none";
  throw new Error(
    `"${id}" does not stand by for ${path}: its fault.then must be { runAlternative: "${id}" }, ${found}`,
  );
}
