import type { Json, JsonObject } from "#core/base/json.ts";
import type { NodeType } from "#core/model/workflow.ts";
import type { Refused } from "./names.ts";
import type { BuiltWorkflow } from "./workflow-type.ts";

/** What the compiler knows of a node; nothing of it exists when the program runs. */
export interface Facts {
  /** Siblings it names. */
  readonly dependsOn: string;
  /** `inputs.x`, `variables.x` and `nodes.x` it names, that are not known inside of it. */
  readonly names: string;
  /** Variables that tasks in it write. */
  readonly sets: string;
  readonly result: unknown;
}

/** A function whose context has been made to measure; who calls it knows which. */
export type StoredFunction = (context: never) => unknown;

/** A node of a workflow, made by `task`, `pipeline`, `parallel`, `conditional`, `loop` or `subworkflow`. */
export interface BuiltNode<Id extends string = string, F extends Facts = Facts> {
  readonly id: Id;
  readonly type: NodeType;
  /** As a workflow file has it, without children and functions. */
  readonly document: JsonObject;
  /** By key: `nodes`, `then`, `else`. */
  readonly children: Readonly<Record<string, readonly BuiltNode[]>>;
  readonly run: StoredFunction | null;
  readonly undo: StoredFunction | null;
  readonly workflow: BuiltWorkflow | null;
  readonly facts?: F;
}

export type IdOf<Node> = Node extends BuiltNode<infer Id> ? Id : never;
type FactsOf<Node> = Node extends BuiltNode<string, infer F> ? F : never;
export type ResultOf<Node> = FactsOf<Node>["result"];
export type NamesOf<Node> = FactsOf<Node>["names"];
export type SetsOf<Node> = FactsOf<Node>["sets"];
type DependsOf<Node> = FactsOf<Node>["dependsOn"];

/** `null` is what a list without nodes comes to. */
export type LastResult<Nodes extends readonly BuiltNode[]> = Nodes extends readonly [...infer _, infer Last]
  ? ResultOf<Last>
  : Json;

/** What the nodes of one list need from around them. */
export type OpenNames<Nodes extends readonly BuiltNode[]> = Exclude<
  NamesOf<Nodes[number]>,
  `nodes.${IdOf<Nodes[number]>}`
>;

/** Names that a node made while the program runs cannot be known by: the compiler only knows that they are texts. */
type Literal<Name> = string extends Name ? never : Name;

type Missing<Node, Ids extends string> = Exclude<
  Literal<DependsOf<Node>>,
  string extends IdOf<Node> ? Ids : Exclude<Ids, IdOf<Node>>
>;

type Unknown<Node, Known extends string> = Exclude<Literal<NamesOf<Node>>, Known>;

/**
 * Refuses nodes that depend on something that is not beside them. A sound list stays as it is, so that any list can be one. `Ids` is an
 * argument of its own, since of a list that is spread the compiler maps each part by itself.
 */
export type CheckedSiblings<Nodes extends readonly BuiltNode[], Ids extends string = IdOf<Nodes[number]>> = [
  MissingIn<Nodes, Ids>[number],
] extends [never]
  ? unknown
  : {
      readonly [Index in keyof Nodes]: [Missing<Nodes[Index], Ids>] extends [never]
        ? unknown
        : Refused<`"${IdOf<Nodes[Index]>}" names "${Missing<Nodes[Index], Ids>}", which is no other node beside it`>;
    };

type MissingIn<Nodes extends readonly BuiltNode[], Ids extends string> = {
  readonly [Index in keyof Nodes]: Missing<Nodes[Index], Ids>;
};

/** Refuses nodes with expressions over what is not known. */
export type CheckedNames<Nodes extends readonly BuiltNode[], Known extends string> = [
  Unknown<Nodes[number], Known>,
] extends [never]
  ? unknown
  : {
      readonly [Index in keyof Nodes]: [Unknown<Nodes[Index], Known>] extends [never]
        ? unknown
        : Refused<`"${IdOf<Nodes[Index]>}" uses ${Unknown<Nodes[Index], Known>}, which is not known here`>;
    };

/** Refuses keys that mean nothing: what is inferred is not checked for them by itself. */
export type Only<Given, Key> = {
  readonly [Extra in Exclude<keyof Given, Key>]: Refused<`unknown option "${Extra & string}"`>;
};

/** A sibling by its id or as the node itself; as a node, the type of its result is known. */
export type Dependency = string | BuiltNode;
export type Dependencies = Dependency | readonly Dependency[];

export type DependencyIds<Given> = Given extends string
  ? Given
  : Given extends BuiltNode<infer Id>
    ? Id
    : Given extends readonly (infer One)[]
      ? DependencyIds<One>
      : never;

type ListOf<Given> = Given extends readonly unknown[] ? Given[number] : Given;

/** Results by the ids of dependencies. */
export type DependencyResults<Given> = {
  readonly [One in ListOf<Given> as DependencyIds<One>]: One extends BuiltNode ? ResultOf<One> : Json;
};

export function toIds(dependencies: Dependencies | undefined): readonly string[] {
  if (dependencies === undefined) return [];
  if (typeof dependencies === "string") return [dependencies];
  return isList(dependencies) ? dependencies.flatMap(toIds) : [dependencies.id];
}

function isList(dependencies: Dependencies): dependencies is readonly Dependency[] {
  return Array.isArray(dependencies);
}
