import type { Json, JsonObject } from "#core/base/json.ts";
import type { WorkflowContext } from "./context.ts";
import {
  type BuiltNode,
  type CheckedSiblings,
  type DependencyResults,
  type IdOf,
  type LastResult,
  type OpenNames,
  type ResultOf,
  type SetsOf,
  type StoredFunction,
  type Only,
  toIds,
} from "./node.ts";
import type {
  ActionResult,
  ActionTaskKey,
  ActionTaskOptions,
  ConditionNames,
  FunctionTaskOptions,
  LoopKey,
  LoopOptions,
  NodeOptions,
  OrSkipped,
  ParallelOptions,
  SetNames,
  SiblingsIn,
  TaskNames,
} from "./options.ts";
import type { NamesInTree, Refused } from "./names.ts";
import type { AnyScope, Scope } from "./scope.ts";
import type { BuiltWorkflow, GivenTo, OutputsOf, TemplatedInputs } from "./workflow-type.ts";

type Nodes = readonly BuiltNode[];

/** What a function's return value is as a result. */
type Returned<Value> =
  Awaited<Value> extends infer Plain
    ? Plain extends { readonly nodeResult: "success"; readonly value: infer Inner }
      ? Inner
      : Plain extends { readonly nodeResult: string }
        ? never
        : Plain extends undefined | void
          ? null
          : Plain
    : never;

interface FunctionFacts<Given, Value> {
  readonly dependsOn: SiblingsIn<Given>;
  readonly names: TaskNames<Given>;
  readonly sets: SetNames<Given>;
  readonly result: OrSkipped<Given, Returned<Value>>;
}

interface ActionFacts<Given> {
  readonly dependsOn: SiblingsIn<Given>;
  readonly names: TaskNames<Given>;
  readonly sets: SetNames<Given>;
  readonly result: OrSkipped<Given, ActionResult<Given>>;
}

interface CompositeFacts<Given, Children extends Nodes, Own extends string, Result> {
  readonly dependsOn: SiblingsIn<Given>;
  readonly names: OpenNames<Children> | Own;
  readonly sets: SetsOf<Children[number]>;
  readonly result: OrSkipped<Given, Result>;
}

/** Makes tasks whose functions see a workflow's inputs and variables with their types. */
export interface TaskBuilder<S extends Scope> {
  /** A task that is a function of this process. */
  <const Id extends string, Value>(
    id: Id,
    run: (context: WorkflowContext<S, Readonly<Record<string, never>>>) => Value,
  ): BuiltNode<Id, FunctionFacts<unknown, Value>>;
  <const Id extends string, const Given extends FunctionTaskOptions, Value>(
    id: Id,
    options: Given & Only<Given, keyof FunctionTaskOptions>,
    run: (context: WorkflowContext<S, DependencyResults<Given["dependsOn"]>>) => Value,
  ): BuiltNode<Id, FunctionFacts<Given, Value>>;
  /** A task that an agent carries out, as in a workflow file: `run`, `argv`, `script`, `http`, `sleep`, `approve` or `noop`. */
  <const Id extends string, const Given extends ActionTaskOptions>(
    id: Id,
    options: Given & Only<Given, ActionTaskKey>,
  ): BuiltNode<Id, ActionFacts<Given>>;
}

/** A task. Inside the function of `workflow` use the `task` it is given: that one knows the types of inputs and variables. */
export const task: TaskBuilder<AnyScope> = makeTask;

function makeTask(
  id: string,
  given: StoredFunction | FunctionTaskOptions | ActionTaskOptions,
  run?: StoredFunction,
): BuiltNode<string, never> {
  if (typeof given === "function") return makeNode(id, "task", {}, { run: given });
  const { compensate, ...options } = given;
  const undo = typeof compensate === "function" ? compensate : null;
  const rest = compensate === undefined || typeof compensate === "function" ? options : { ...options, compensate };
  return makeNode(id, "task", rest, { run: run ?? null, undo });
}

/** Its nodes run one after the other. Rule NODE-4. */
export function pipeline<const Id extends string, const Children extends Nodes, const Given extends NodeOptions>(
  id: Id,
  nodes: Children & CheckedSiblings<Children>,
  options?: Given & Only<Given, keyof NodeOptions>,
): BuiltNode<Id, CompositeFacts<Given, Children, never, LastResult<Children>>> {
  return makeNode(id, "pipeline", options, { children: { nodes } });
}

type ParallelResult<Given, Children extends Nodes> = Given extends { readonly forEach: unknown }
  ? readonly LastResult<Children>[]
  : { readonly [Node in Children[number] as IdOf<Node>]?: ResultOf<Node> };

/** Its nodes run at once; with `forEach`, once for each item. Rules NODE-5, NODE-6. */
export function parallel<const Id extends string, const Children extends Nodes, const Given extends ParallelOptions>(
  id: Id,
  nodes: Children & CheckedSiblings<Children>,
  options?: Given & Only<Given, keyof ParallelOptions>,
): BuiltNode<Id, CompositeFacts<Given, Children, ConditionNames<Given, "forEach">, ParallelResult<Given, Children>>> {
  return makeNode(id, "parallel", options, { children: { nodes } });
}

interface Branches<Then extends Nodes, Else extends Nodes> {
  /** An expression. */
  readonly if: string | boolean;
  readonly then: Then & CheckedSiblings<Then>;
  readonly else?: Else & CheckedSiblings<Else>;
}

/** One of two branches runs. Rule NODE-7. */
export function conditional<
  const Id extends string,
  const Then extends Nodes,
  const Given extends NodeOptions & { readonly if: string | boolean },
  const Else extends Nodes = readonly [],
>(
  id: Id,
  options: Given & Branches<Then, Else> & Only<Given, keyof NodeOptions | keyof Branches<Then, Else>>,
): BuiltNode<
  Id,
  CompositeFacts<
    Given,
    readonly [...Then, ...Else],
    ConditionNames<Given, "if">,
    LastResult<Then> | (Else extends readonly [] ? null : LastResult<Else>)
  >
> {
  const { then, else: otherwise, ...rest } = options;
  return makeNode(id, "conditional", rest, {
    children: { then, ...(otherwise === undefined ? {} : { else: otherwise }) },
  });
}

/** Its nodes run again and again. Conditions see its siblings and the nodes of its last iteration. Rule NODE-8. */
export function loop<const Id extends string, const Children extends Nodes, const Given extends LoopOptions>(
  id: Id,
  nodes: Children & CheckedSiblings<Children>,
  options: Given & Only<Given, LoopKey>,
): BuiltNode<
  Id,
  CompositeFacts<
    Given,
    Children,
    Exclude<ConditionNames<Given, "while" | "until" | "times">, `nodes.${IdOf<Children[number]>}`>,
    LastResult<Children>
  >
> {
  return makeNode(id, "loop", options, { children: { nodes } });
}

interface SubworkflowFacts<Given, Inner> {
  readonly dependsOn: SiblingsIn<Given>;
  readonly names: Given extends { readonly with: infer With } ? NamesInTree<With> : never;
  readonly sets: never;
  readonly result: OrSkipped<Given, Inner extends BuiltWorkflow ? OutputsOf<Inner> : Json>;
}

type SubworkflowOptions<Inner> = NodeOptions &
  (Inner extends BuiltWorkflow
    ? Record<never, never> extends GivenTo<Inner>
      ? { readonly with?: TemplatedInputs<GivenTo<Inner>> }
      : { readonly with: TemplatedInputs<GivenTo<Inner>> }
    : { readonly with?: JsonObject });

type Complete<Inner> =
  Record<never, never> extends SubworkflowOptions<Inner>
    ? unknown
    : Refused<"this workflow has inputs without a default: give them in `with`">;

/** A whole workflow with variables of its own: one built here, or a file relative to the workflow's folder. Rule NODE-9. */
export function subworkflow<const Id extends string, const Inner extends BuiltWorkflow | string>(
  id: Id,
  workflow: Inner & Complete<Inner>,
): BuiltNode<Id, SubworkflowFacts<unknown, Inner>>;
export function subworkflow<
  const Id extends string,
  const Inner extends BuiltWorkflow | string,
  const Given extends SubworkflowOptions<Inner>,
>(
  id: Id,
  workflow: Inner,
  options: Given & Only<Given, keyof NodeOptions | "with">,
): BuiltNode<Id, SubworkflowFacts<Given, Inner>>;
export function subworkflow(
  id: string,
  workflow: BuiltWorkflow | string,
  options?: NodeOptions,
): BuiltNode<string, never> {
  if (typeof workflow === "string") return makeNode(id, "subworkflow", { ...options, workflow }, {});
  return makeNode(id, "subworkflow", options, { workflow });
}

/** Options in the shape of a workflow file; what cannot be in one is beside them. The facts exist for the compiler only. */
function makeNode<const Id extends string>(
  id: Id,
  type: BuiltNode["type"],
  options: object | undefined,
  parts: Partial<Pick<BuiltNode, "children" | "run" | "undo" | "workflow">>,
): BuiltNode<Id, never> {
  const { dependsOn, ...rest }: NodeOptions & object = options ?? {};
  const ids = toIds(dependsOn);
  // Whatever is no JSON is found by the validator, as in a file.
  const plain: JsonObject = JSON.parse(JSON.stringify(rest));
  const document = { id, type, ...(ids.length === 0 ? {} : { dependsOn: ids }), ...plain };
  return { children: {}, run: null, undo: null, workflow: null, ...parts, id, type, document };
}
