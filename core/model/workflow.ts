import type { Json, JsonObject } from "../base/json.ts";
import type { Millis } from "./id.ts";

/** The six kinds of node. Rule FILE-1. */
export type NodeType = "task" | "pipeline" | "parallel" | "conditional" | "loop" | "subworkflow";

/** CEL source that was parsed and type-checked against its scope when the file was read. Rule FILE-5. */
export interface Expression {
  readonly kind: "expression";
  readonly source: string;
}

/** Text with `{{ expr }}` places. When the whole text is one place, its value keeps its type (a list stays a list). Rule FILE-4. */
export interface Template {
  readonly kind: "template";
  readonly source: string;
}

/** A workflow as the parser returns it: every default filled in, every expression checked. */
export interface WorkflowDefinition {
  readonly format: 1;
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, InputDefinition>>;
  readonly variables: JsonObject;
  /** In document order. */
  readonly nodes: readonly NodeDefinition[];
  readonly outputs: Readonly<Record<string, Expression>>;
  /** Folder or file (relative, beside the workflow file or under `--out`) to what is brought there. Rule FLEET-9. */
  readonly collect: readonly CollectEntry[];
  readonly onFailure: "stop" | "compensate";
}

export interface CollectEntry {
  /** Ends in `/` for a folder. Never absolute, never with `..`. */
  readonly to: string;
  readonly from: Expression;
}

export interface InputDefinition {
  readonly type: "string" | "integer" | "number" | "boolean" | "list" | "object";
  readonly description: string;
  /** Absent: the input is required. */
  readonly default?: Json;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly Json[];
  /** A regular expression, of strings only; tested with a length limit on the value. */
  readonly pattern?: string;
}

export type NodeDefinition =
  | TaskDefinition
  | PipelineDefinition
  | ParallelDefinition
  | ConditionalDefinition
  | LoopDefinition
  | SubworkflowDefinition;

interface NodeBase {
  readonly id: string;
  /** What people read instead of the id; `""` when there is none. */
  readonly label: string;
  readonly dependsOn: readonly string[];
  readonly fault: FaultPolicy;
}

export interface TaskDefinition extends NodeBase {
  readonly type: "task";
  readonly action: TaskAction;
  readonly result: "text" | "json" | "lines" | "none";
  readonly environment: Readonly<Record<string, Template>>;
  readonly files: { readonly in: readonly Template[]; readonly out: readonly Template[] };
  readonly needs: Requirements;
  /** The undo of this task. Rule FAULT-4. */
  readonly compensate: TaskAction | null;
  /** Context variables written when the task completes; `result` is in scope. Rule FILE-9. */
  readonly set: Readonly<Record<string, Expression>>;
}

/** Rule FILE-3. */
export type TaskAction =
  | { readonly kind: "run"; readonly script: Template; readonly shell: "sh" | "bash" | "pwsh" }
  | { readonly kind: "argv"; readonly argv: readonly Template[] }
  | { readonly kind: "script"; readonly module: string; readonly export: string; readonly args: TemplateTree }
  | {
      readonly kind: "http";
      readonly method: string;
      readonly url: Template;
      readonly headers: Readonly<Record<string, Template>>;
      readonly body: TemplateTree | null;
      /** Accepted status codes; empty: 200 to 299. */
      readonly expect: readonly number[];
    }
  | { readonly kind: "sleep"; readonly durationMs: Millis }
  | { readonly kind: "approve"; readonly question: Template }
  | { readonly kind: "noop" };

/** JSON whose strings are templates. */
export type TemplateTree =
  | Template
  | number
  | boolean
  | null
  | readonly TemplateTree[]
  | { readonly kind: "object"; readonly entries: Readonly<Record<string, TemplateTree>> };

/** What a task asks of its agent. Rule FLEET-7. */
export interface Requirements {
  readonly labels: readonly string[];
  /** Logical CPUs; default 0: nothing is reserved beyond one slot. */
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  /** Nothing else runs on the agent meanwhile. */
  readonly exclusive: boolean;
  /** A named agent (its name or id), or null. */
  readonly agent: Template | null;
}

export interface PipelineDefinition extends NodeBase {
  readonly type: "pipeline";
  readonly nodes: readonly NodeDefinition[];
}

export interface ParallelDefinition extends NodeBase {
  readonly type: "parallel";
  readonly forEach: Expression | null;
  readonly join: JoinPolicy;
  readonly maxConcurrency: number | null;
  readonly nodes: readonly NodeDefinition[];
}

/** Rule NODE-6. */
export interface JoinPolicy {
  readonly threshold:
    | { readonly kind: "all" }
    | { readonly kind: "any" }
    | { readonly kind: "count"; readonly count: number }
    /** Above 0, at most 100; the count it asks for is rounded up. */
    | { readonly kind: "percent"; readonly percent: number };
  readonly rest: "cancel" | "finish";
}

export interface ConditionalDefinition extends NodeBase {
  readonly type: "conditional";
  readonly if: Expression;
  readonly then: readonly NodeDefinition[];
  readonly else: readonly NodeDefinition[];
}

export interface LoopDefinition extends NodeBase {
  readonly type: "loop";
  readonly repeat:
    | { readonly kind: "while"; readonly condition: Expression }
    | { readonly kind: "until"; readonly condition: Expression }
    /** A number, or an expression that yields one when the loop starts. */
    | { readonly kind: "times"; readonly times: number | Expression };
  readonly maxIterations: number;
  readonly nodes: readonly NodeDefinition[];
}

export interface SubworkflowDefinition extends NodeBase {
  readonly type: "subworkflow";
  /** As written: a relative file or a library name. */
  readonly workflow: string;
  readonly with: Readonly<Record<string, TemplateTree>>;
  /** Resolved when the file was read, so that a run never reads it again. Rules FILE-8, NODE-9. */
  readonly definition: WorkflowDefinition;
}

/** Rule FAULT-1. Null limits mean none. */
export interface FaultPolicy {
  /** Attempts after the first. */
  readonly retry: number;
  readonly backoff: BackoffStrategy;
  readonly timeoutMs: Millis | null;
  readonly totalTimeoutMs: Millis | null;
  readonly then: FaultThen;
  /** How often the node may lose its agent. Rule FAULT-5. */
  readonly lossLimit: number;
}

/** Rule FAULT-2. */
export type BackoffStrategy =
  | { readonly type: "fixed"; readonly delayMs: Millis }
  | { readonly type: "exponential"; readonly initialMs: Millis; readonly factor: number; readonly maxMs: Millis }
  | { readonly type: "random"; readonly minMs: Millis; readonly maxMs: Millis };

/** Rule FAULT-3. */
export type FaultThen =
  | { readonly kind: "abort" }
  | { readonly kind: "skip" }
  | { readonly kind: "runAlternative"; readonly id: string }
  | { readonly kind: "compensateAndRetry"; readonly times: number };
