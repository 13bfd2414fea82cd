import type { DataPath } from "./source.ts";

/** A node among its siblings, as far as order goes. */
export interface Vertex {
  readonly id: string;
  readonly path: DataPath;
  readonly dependsOn: readonly string[];
  /** Whether `dependsOn` is a list in the file, so that its entries have places of their own. */
  readonly isListed: boolean;
  /** The sibling that runs when it has failed. */
  readonly alternative: string | null;
}

export interface GraphProblem {
  readonly path: DataPath;
  readonly code: string;
  readonly message: string;
  readonly suggestion: string | null;
}

/** Circles told of one list of siblings. */
export const MAX_CYCLES = 100;
const MAX_CYCLE_SHOWN = 20;

/** `a -> b -> a`. */
export function formatCircle(names: readonly string[]): string {
  const shown = names.length > MAX_CYCLE_SHOWN ? [...names.slice(0, MAX_CYCLE_SHOWN), "…"] : names;
  return [...shown, names[0] ?? ""].join(" -> ");
}
