import type { RunLine } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { type DrawFormat, drawDefinition, drawRun } from "#core/monitoring/visualizer.ts";
import { WorkflowEngine } from "./engine.ts";
import { Workflow } from "./workflow.ts";

export type VisualizationFormat = DrawFormat;

/** What can be drawn: a definition as it is written, a run with the state of every node. */
export type Drawable = Workflow | WorkflowEngine | WorkflowDefinition | RunLine;

/** Draws workflows and runs as DOT, Mermaid, JSON or YAML. Rule MET-2. */
export class WorkflowVisualizer {
  readonly #format: VisualizationFormat;

  constructor(format: VisualizationFormat) {
    this.#format = format;
  }

  /** An engine is drawn as its last run, or as its workflow before the first. */
  generate(what: Drawable): string {
    if (what instanceof Workflow) return drawDefinition(what.definition, this.#format);
    if (what instanceof WorkflowEngine)
      return what.events.length === 0
        ? drawDefinition(what.definition, this.#format)
        : drawRun(what.show(), this.#format);
    return "kind" in what ? drawRun(what, this.#format) : drawDefinition(what, this.#format);
  }
}
