import type { Json, JsonObject } from "../base/json.ts";
import type { FileRef, NodeState } from "../model/run.ts";

/** What an expression may see of another node. Rules FILE-5 and NODE-12. */
export interface NodeScope {
  readonly state: NodeState;
  readonly result: Json;
  /** A composite's files are those of its completed tasks, in document order. */
  readonly files: readonly FileRef[];
  /** Of a parallel's children; 0 elsewhere. */
  readonly completed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly total: number;
  /** Of a loop; 0 elsewhere. */
  readonly iterations: number;
}

/** The values an expression is evaluated over. A name that is absent here is not in scope at that place. Rule FILE-5. */
export interface ScopeValues {
  readonly inputs: JsonObject;
  readonly variables: JsonObject;
  /** Siblings, and siblings of ancestors, by id; the nearest wins. May be a proxy that builds entries when asked. */
  readonly nodes: Readonly<Record<string, NodeScope>>;
  readonly level: number;
  readonly item?: Json;
  readonly index?: number;
  readonly iteration?: number;
  readonly previous?: Json;
  /** Only in `set`. */
  readonly result?: Json;
}
