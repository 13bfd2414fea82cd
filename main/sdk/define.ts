import type { JsonObject, Json } from "#core/base/json.ts";
import { conditional, loop, parallel, pipeline, subworkflow, task, type TaskBuilder } from "./build.ts";
import type { NamesInExpression, Refused } from "./names.ts";
import type { BuiltNode, CheckedNames, CheckedSiblings, IdOf, ResultOf, SetsOf } from "./node.ts";
import type { FaultOptions, Needs } from "./options.ts";
import type { GivenInputs, InputDeclarations, InputValues, VariableValues } from "./scope.ts";
import { Workflow } from "./workflow.ts";

type Nodes = readonly BuiltNode[];
type Expressions = Readonly<Record<string, string | number | boolean>>;

/** All of a workflow but its nodes and what is said over them, as in a workflow file. */
interface WorkflowHead<Inputs extends InputDeclarations, Variables extends JsonObject> {
  readonly name: string;
  readonly description?: string;
  readonly inputs?: Inputs;
  /** First values of the context variables. */
  readonly variables?: Variables;
  /** Inherited by every task unless it says otherwise. */
  readonly defaults?: {
    readonly fault?: FaultOptions;
    readonly needs?: Needs;
    readonly shell?: "sh" | "bash" | "pwsh";
  };
  readonly onFailure?: "stop" | "compensate";
  /** Where files and modules are looked for: by default the current folder. */
  readonly folder?: string;
}

interface WorkflowEnd<Outputs, Collect> {
  /** Expressions: the result of the workflow. */
  readonly outputs?: Outputs;
  /** Files brought home at the end: folder or file to expression. */
  readonly collect?: Collect;
}

/** What expressions of a workflow may name. */
type Known<Inputs, Variables, Children extends Nodes> =
  | `inputs.${keyof Inputs & string}`
  | `variables.${(keyof Variables & string) | SetsOf<Children[number]>}`
  | `nodes.${IdOf<Children[number]>}`;

type CheckedNodes<Children extends Nodes, Inputs, Variables> = CheckedSiblings<Children> &
  CheckedNames<Children, Known<Inputs, Variables, Children>>;

type CheckedExpressions<Given, KnownNames extends string> = {
  readonly [Name in keyof Given]: [Exclude<NamesInExpression<Given[Name]>, KnownNames>] extends [never]
    ? unknown
    : Refused<`uses ${Exclude<NamesInExpression<Given[Name]>, KnownNames>}, which is not known here`>;
};

/** The type of an output that is a name and nothing more. */
type OutputType<
  Source,
  Inputs extends InputDeclarations,
  Variables extends JsonObject,
  Children extends Nodes,
> = Source extends `nodes.${infer Id}.result`
  ? Id extends IdOf<Children[number]>
    ? ResultOf<Extract<Children[number], BuiltNode<Id>>>
    : Json
  : Source extends `inputs.${infer Name extends keyof Inputs & string}`
    ? InputValues<Inputs>[Name]
    : Source extends `variables.${infer Name extends keyof Variables & string}`
      ? VariableValues<Variables>[Name]
      : Json;

type Outputs<Given, Inputs extends InputDeclarations, Variables extends JsonObject, Children extends Nodes> = {
  readonly [Name in keyof Given]: OutputType<Given[Name], Inputs, Variables, Children>;
};

interface BuiltTypes<Inputs extends InputDeclarations, Variables extends JsonObject, Children extends Nodes, Given> {
  readonly given: GivenInputs<Inputs>;
  readonly outputs: Outputs<Given, Inputs, Variables, Children>;
}

/** What the function of `workflow` is given: its `task` knows the inputs and variables of that workflow. */
export interface Builders<Inputs extends InputDeclarations, Variables extends JsonObject> {
  readonly task: TaskBuilder<{ readonly inputs: InputValues<Inputs>; readonly variables: VariableValues<Variables> }>;
  readonly pipeline: typeof pipeline;
  readonly parallel: typeof parallel;
  readonly conditional: typeof conditional;
  readonly loop: typeof loop;
  readonly subworkflow: typeof subworkflow;
}

const BUILDERS = { task, pipeline, parallel, conditional, loop, subworkflow } as const;

/**
 * A workflow. Names that expressions and `dependsOn` use are checked by the compiler as far as it can know them, and all of it by the
 * validator of workflow files: `WorkflowError` has every problem.
 */
export function workflow<
  const Children extends Nodes,
  const Inputs extends InputDeclarations = Record<never, never>,
  const Variables extends JsonObject = Record<never, never>,
  const Ends extends Expressions = Record<never, never>,
  const Collect extends Readonly<Record<string, string>> = Record<never, never>,
>(
  options: WorkflowHead<Inputs, Variables> &
    WorkflowEnd<
      Ends & CheckedExpressions<Ends, Known<Inputs, Variables, Children>>,
      Collect & CheckedExpressions<Collect, Known<Inputs, Variables, Children>>
    > & { readonly nodes: Children & CheckedNodes<Children, Inputs, Variables> },
): Workflow<BuiltTypes<Inputs, Variables, Children, Ends>>;
/** A workflow whose functions see its inputs and variables with their types: `build` makes its nodes. */
export function workflow<
  const Children extends Nodes,
  const Inputs extends InputDeclarations = Record<never, never>,
  const Variables extends JsonObject = Record<never, never>,
  const Ends extends Expressions = Record<never, never>,
  const Collect extends Readonly<Record<string, string>> = Record<never, never>,
>(
  options: WorkflowHead<Inputs, Variables> &
    WorkflowEnd<
      Ends & CheckedExpressions<Ends, Known<Inputs, Variables, Children>>,
      Collect & CheckedExpressions<Collect, Known<Inputs, Variables, Children>>
    >,
  build: (builders: Builders<Inputs, Variables>) => Children & CheckedNodes<Children, Inputs, Variables>,
): Workflow<BuiltTypes<Inputs, Variables, Children, Ends>>;
export function workflow(
  options: WorkflowHead<InputDeclarations, JsonObject> & { readonly nodes?: Nodes },
  build?: (builders: typeof BUILDERS) => Nodes,
): Workflow<never> {
  const { nodes, folder, ...head } = options;
  const children = build?.(BUILDERS) ?? nodes ?? [];
  const plain: JsonObject = JSON.parse(JSON.stringify(head));
  return new Workflow({ head: plain, nodes: children, folder: folder ?? process.cwd(), file: null });
}
