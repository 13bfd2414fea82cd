import type { Json } from "#core/base/json.ts";
import type { NamesInExpression, NamesInTree } from "./names.ts";
import type { Dependencies, DependencyIds, StoredFunction } from "./node.ts";

/** `250ms`, `30s`, `5m`, `2h`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h"}`;

export type JoinPolicy =
  | "all"
  | "any"
  | { readonly all: true; readonly rest?: "cancel" | "finish" }
  | { readonly any: true; readonly rest?: "cancel" | "finish" }
  | { readonly count: number; readonly rest?: "cancel" | "finish" }
  | { readonly percent: number; readonly rest?: "cancel" | "finish" };

/** The join policies under the names of the design. Rule NODE-6. */
export const JoinPolicy = {
  waitForAll: "all",
  waitForAny: "any",
  waitForN: (count: number): JoinPolicy => ({ count }),
  waitForPercent: (percent: number): JoinPolicy => ({ percent }),
} as const;

/** Rule FAULT-2. */
export type BackoffStrategy =
  | { readonly type: "fixed"; readonly delay: Duration }
  | { readonly type: "exponential"; readonly initial: Duration; readonly factor?: number; readonly max?: Duration }
  | { readonly type: "random"; readonly min: Duration; readonly max: Duration };

/** `fault` of a node, as in a workflow file. Rules FAULT-1 to FAULT-5. */
export interface FaultOptions {
  /** Attempts after the first. */
  readonly retry?: number;
  readonly backoff?: BackoffStrategy;
  readonly timeout?: Duration;
  readonly totalTimeout?: Duration;
  readonly then?: "abort" | "skip" | { readonly runAlternative: string } | { readonly compensateAndRetry: number };
  readonly lossLimit?: number;
}

export interface NodeOptions {
  readonly label?: string;
  /** Siblings that must end before it starts, by id or as nodes. */
  readonly dependsOn?: Dependencies;
  readonly fault?: FaultOptions;
}

/** Rule FLEET-7. */
export interface Needs {
  readonly labels?: string | readonly string[];
  readonly cpus?: number;
  readonly memory?: string | number;
  readonly gpus?: number;
  readonly exclusive?: boolean;
  readonly agent?: string;
}

type Words = Readonly<Record<string, string | number | boolean>>;
type OneOrMore = string | readonly string[];

/** What a task does on an agent: exactly one of these. Rule FILE-3. */
export type Action =
  | { readonly run: string; readonly shell?: "sh" | "bash" | "pwsh" }
  | { readonly argv: readonly (string | number | boolean)[] }
  | { readonly script: { readonly module: string; readonly export?: string; readonly args?: Json } }
  | {
      readonly http: {
        readonly url: string;
        readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
        readonly headers?: Words;
        readonly body?: Json;
        readonly expect?: number | readonly number[];
      };
    }
  | { readonly sleep: Duration }
  | { readonly approve: string }
  | { readonly noop: Readonly<Record<string, never>> };

interface TaskShared extends NodeOptions {
  readonly needs?: Needs;
  /** The undo of the task: a function in this process, or an action on an agent. Rule FAULT-4. */
  readonly compensate?: StoredFunction | Action;
  /** Variables written when the task completes; `result` is in scope. Rule FILE-9. */
  readonly set?: Readonly<Record<string, string | number | boolean>>;
}

/** Of a task that is a function in this process. */
export interface FunctionTaskOptions extends TaskShared {
  /** Given to the function as `args`, with `{{ }}` substituted. */
  readonly args?: Json;
}

/** Of a task that an agent carries out. */
export type ActionTaskOptions = TaskShared &
  Action & {
    readonly result?: "text" | "json" | "lines" | "none";
    readonly environment?: Words;
    readonly files?: { readonly in?: OneOrMore; readonly out?: OneOrMore };
  };

type KeysOfUnion<Union> = Union extends unknown ? keyof Union : never;
export type ActionTaskKey = KeysOfUnion<ActionTaskOptions>;

export interface ParallelOptions extends NodeOptions {
  readonly forEach?: string | readonly Json[];
  readonly join?: JoinPolicy;
  readonly maxConcurrency?: number;
}

export type Repeat =
  { readonly while: string | boolean } | { readonly until: string | boolean } | { readonly times: number | string };

export type LoopOptions = NodeOptions & Repeat & { readonly maxIterations?: number };
export type LoopKey = KeysOfUnion<LoopOptions>;

type Member<Given, Key extends string> = Given extends { readonly [K in Key]: infer Value } ? Value : never;

type AlternativeOf<Given> = Member<Member<Member<Given, "fault">, "then">, "runAlternative"> & string;
/** Siblings that options name. */
export type SiblingsIn<Given> = DependencyIds<Member<Given, "dependsOn">> | AlternativeOf<Given>;

type TemplateKey =
  "run" | "argv" | "script" | "http" | "approve" | "environment" | "files" | "needs" | "compensate" | "args";
/** Names in the options of a task. */
export type TaskNames<Given> =
  | (TemplateKey extends infer Key extends string
      ? Key extends unknown
        ? NamesInTree<Member<Given, Key>>
        : never
      : never)
  | NamesInExpression<ValueOf<Member<Given, "set">>>;
type ValueOf<Given> = Given extends object ? Given[keyof Given] : never;
/** Variables that a task writes. */
export type SetNames<Given> = KeyOf<Member<Given, "set">> & string;
type KeyOf<Given> = [Given] extends [never] ? never : keyof Given;

/** Names in the conditions of a composite. */
export type ConditionNames<Given, Key extends string> = Key extends unknown
  ? NamesInExpression<Member<Given, Key>>
  : never;

/** A node that may be skipped by its fault policy has no result then. */
export type OrSkipped<Given, Result> =
  Member<Member<Given, "fault">, "then"> extends infer Then
    ? [Then] extends [never]
      ? Result
      : Then extends "skip"
        ? Result | null
        : Result
    : never;

/** What an agent's task comes to. */
export type ActionResult<Given> = Given extends { readonly result: infer Kind }
  ? Kind extends "lines"
    ? readonly string[]
    : Kind extends "none"
      ? null
      : Kind extends "text"
        ? string
        : Json
  : Given extends { readonly run: string } | { readonly argv: readonly unknown[] }
    ? string
    : Given extends { readonly approve: string }
      ? boolean
      : Given extends { readonly sleep: string } | { readonly noop: object }
        ? null
        : Json;
