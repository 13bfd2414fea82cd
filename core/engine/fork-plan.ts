import type { NodePath } from "../model/id.ts";
import type { NodeLine } from "../model/run.ts";
import type { RunArguments } from "./create.ts";
import { decide } from "./decide.ts";
import type { Moment } from "./decision.ts";
import { forkRun, type Kept } from "./fork.ts";
import { toNodeLine, toRunLine } from "./queries.ts";
import type { RunState } from "./state.ts";
import type { ForkPoint } from "../model/run.ts";

/** What a fork would do with its tasks, as far as it is known before any of them has run. */
export interface ForkPlan {
  /** They end as they did in the original. */
  readonly kept: readonly NodePath[];
  /** They had ended in the original, or had begun, and begin anew. */
  readonly again: readonly NodePath[];
  /** They had not begun in the original. */
  readonly first: readonly NodePath[];
}

/** Begins the fork to see what it keeps, and forgets it. Tasks inside of what has not started are those known from the file. Rule SNAP-5. */
export function planFork(original: RunState, from: ForkPoint, kept: Kept, run: RunArguments, moment: Moment): ForkPlan {
  const { next: made } = forkRun(from, kept, run, moment);
  const { next } = decide(made, { kind: "start", by: run.by }, moment);
  const plan = { kept: [] as NodePath[], again: [] as NodePath[], first: [] as NodePath[] };
  for (const line of toRunLine(next).nodes) {
    if (line.type !== "task") continue;
    if (line.keptFrom !== undefined) plan.kept.push(line.path);
    else if (line.state === "idle" || line.state === "running")
      (hadBegun(toNodeLine(original, line.path)) ? plan.again : plan.first).push(line.path);
  }
  return plan;
}

function hadBegun(line: NodeLine | undefined): boolean {
  return line !== undefined && (line.startedAt !== null || line.state === "completed");
}
