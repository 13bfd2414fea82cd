import type { EpochMs, RunId } from "../model/id.ts";
import type { RunLine } from "../model/run.ts";
import type { WorkflowDefinition } from "../model/workflow.ts";
import { createRun } from "./create.ts";
import { linesOf } from "./queries.ts";

/**
 * A definition as a run of it would be before its start. What a `forEach` or a loop repeats is there once, under the composite's own
 * path. Inputs without a default are left out.
 */
export function previewRun(definition: WorkflowDefinition): RunLine {
  const inputs = Object.entries(definition.inputs).flatMap(([name, input]) =>
    input.default === undefined ? [] : [[name, input.default] as const],
  );
  const run = "preview" as RunId;
  const moment = { now: 0 as EpochMs, chance: 0 };
  const { next } = createRun(
    { run, definition, inputs: Object.fromEntries(inputs), folder: null, out: null, by: "preview" },
    moment,
  );
  return linesOf(next, "templates");
}
