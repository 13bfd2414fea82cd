import { assert } from "../base/assert.ts";
import type { ScopeValues } from "../expression/scope.ts";
import { openConditional } from "../nodes/conditional.ts";
import { openLoop } from "../nodes/loop.ts";
import type { Opening, Verdict } from "../nodes/opening.ts";
import { judgeParallel, openParallel } from "../nodes/parallel.ts";
import { openPipeline } from "../nodes/pipeline.ts";
import { judgeAll } from "../nodes/sequence.ts";
import { openSubworkflow } from "../nodes/subworkflow.ts";
import type { Body, NodeRecord } from "./state.ts";

/** How a composite starts, by its kind. */
export function openNode(record: NodeRecord, scope: ScopeValues): Opening {
  const { definition, type } = record;
  assert(definition !== null && definition.type !== "task", `${record.path} has no children`);
  if (type === "group")
    return { kind: "open", contents: { shape: "nodes", branch: null }, reason: "its turn has come" };
  switch (definition.type) {
    case "pipeline":
      return openPipeline();
    case "parallel":
      return openParallel(definition, scope);
    case "conditional":
      return openConditional(definition, scope);
    case "loop":
      return openLoop(definition, scope);
    case "subworkflow":
      return openSubworkflow(definition, scope);
  }
}

/** What the ends of its children so far mean for a composite that is no loop. */
export function judgeNode({ definition, type }: NodeRecord, { tally, fall }: Body): Verdict {
  if (type === "parallel" && definition?.type === "parallel") return judgeParallel(definition.join, tally, fall);
  const verdict = judgeAll(tally, fall);
  const isWorkflow = type === "workflow" || type === "subworkflow";
  return verdict.kind === "skip" && isWorkflow ? { kind: "complete", reason: verdict.reason } : verdict;
}
