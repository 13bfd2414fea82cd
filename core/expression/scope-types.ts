/** The type of a value as far as it is known before a run; `any` is whatever JSON may hold. */
export type ValueType = "string" | "number" | "boolean" | "list" | "object" | "any";

/** Names that are in scope at some places only. */
export type LocalName = "item" | "index" | "iteration" | "previous" | "result";

/** Some names, which may be made up of those of several places. A `ReadonlySet` is one. */
export interface Names {
  has(name: string): boolean;
  [Symbol.iterator](): Iterator<string>;
}

/** What is in scope at one place of a workflow file. Rule FILE-5. */
export interface ScopeTypes {
  readonly inputs: Readonly<Record<string, ValueType>>;
  /** Every variable of the workflow, those that only `set` creates included. */
  readonly variables: Names;
  /** Siblings, and siblings of ancestors. */
  readonly nodes: Names;
  readonly locals: ReadonlySet<LocalName>;
}
