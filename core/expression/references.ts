import { analyse, type Reference } from "./analyse.ts";
import { createEnvironment } from "./environment.ts";

export type { Reference } from "./analyse.ts";

const environment = createEnvironment();

/** What an expression reads from its scope; nothing of one that cannot be read. */
export function findReferences(source: string): readonly Reference[] {
  try {
    return analyse(environment.parse(source).ast).references;
  } catch {
    // The checker tells what is wrong with it, at its place.
    return [];
  }
}
