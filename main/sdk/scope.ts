import type { Json, JsonObject } from "#core/base/json.ts";
import type { NodeScope } from "#core/expression/scope.ts";

/** An input as it is declared, like `inputs` of a workflow file. */
export interface InputDeclaration {
  readonly type: "string" | "integer" | "number" | "boolean" | "list" | "object";
  readonly description?: string;
  /** Without one the input is required. */
  readonly default?: Json;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly Json[];
  readonly pattern?: string;
}

export type InputDeclarations = Readonly<Record<string, InputDeclaration>>;

interface InputTypes {
  readonly string: string;
  readonly integer: number;
  readonly number: number;
  readonly boolean: boolean;
  readonly list: readonly Json[];
  readonly object: JsonObject;
}

type InputType<Input extends InputDeclaration> = Input extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : InputTypes[Input["type"]];

/** What a run sees of its inputs. */
export type InputValues<Inputs extends InputDeclarations> = {
  readonly [Name in keyof Inputs]: InputType<Inputs[Name]>;
};

type OptionalNames<Inputs extends InputDeclarations> = {
  [Name in keyof Inputs]: Inputs[Name] extends { readonly default: Json } ? Name : never;
}[keyof Inputs];

/** What a run is given: inputs with a default may be left out. */
export type GivenInputs<Inputs extends InputDeclarations> = {
  readonly [Name in Exclude<keyof Inputs, OptionalNames<Inputs>>]: InputType<Inputs[Name]>;
} & { readonly [Name in OptionalNames<Inputs>]?: InputType<Inputs[Name]> };

/** `0` is the type of a first value, `number` that of a variable. */
export type Widened<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : Value extends null
        ? Json
        : Value extends readonly (infer Item)[]
          ? readonly Widened<Item>[]
          : Value extends object
            ? { readonly [Key in keyof Value]: Widened<Value[Key]> }
            : Value;

export type VariableValues<Variables extends JsonObject> = {
  readonly [Name in keyof Variables]: Widened<Variables[Name]>;
};

/** What a function can see of the workflow it belongs to. */
export interface Scope {
  readonly inputs: object;
  readonly variables: object;
}

/** Of a task made outside of a workflow: names and types are checked when it runs. */
export interface AnyScope extends Scope {
  readonly inputs: JsonObject;
  readonly variables: JsonObject;
}

/** Another node as a function sees it. */
export type NodeView = NodeScope;
