/** The type of a value as far as it is known before a run; `any` is whatever JSON may hold. */
export type ValueType = "string" | "number" | "boolean" | "list" | "object" | "any";

/** Names that are in scope at some places only. */
export type LocalName = "item" | "index" | "iteration" | "previous" | "result";

/** What is in scope at one place of a workflow file. Rule FILE-5. */
export interface ScopeTypes {
  readonly inputs: Readonly<Record<string, ValueType>>;
  /** Every variable of the workflow, those that only `set` creates included. */
  readonly variables: ReadonlySet<string>;
  /** Siblings, and siblings of ancestors. */
  readonly nodes: ReadonlySet<string>;
  readonly locals: ReadonlySet<LocalName>;
}
