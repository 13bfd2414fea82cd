import type { Workflow } from "./workflow.ts";

/** What the compiler knows of a workflow. */
export interface WorkflowTypes {
  /** What a run is given. */
  readonly given: object;
  readonly outputs: object;
}

/** Any workflow. */
export type BuiltWorkflow = Workflow;

export type TypesOf<Built> = Built extends Workflow<infer Types> ? Types : WorkflowTypes;
export type GivenTo<Built> = TypesOf<Built>["given"];
export type OutputsOf<Built> = TypesOf<Built>["outputs"];

/** Inputs of a workflow inside another one: each may be a text with `{{ }}` instead. */
export type TemplatedInputs<Given> = {
  readonly [Name in keyof Given]: Given[Name] | `${string}{{${string}}}${string}`;
};
