import type { ASTNode } from "@marcbachmann/cel-js";
import { BUDGET_NAME, STEP_FUNCTION, WEIGH_FUNCTION } from "./environment.ts";
import { children, toBinder } from "./syntax.ts";

const SIZED_OPERATORS: ReadonlySet<string> = new Set(["+", "==", "!=", "in"]);
/** Calls that look at their argument's outside only, or (`has`) do not take a value at all. */
const FREE_CALLS: ReadonlySet<string> = new Set(["has", "dyn", "type", "double", "int", "uint", "bool"]);

interface Insertion {
  readonly offset: number;
  readonly text: string;
}

/**
 * The same expression with its work counted: the body of every macro takes a step each time, and what sizes matter to (`+`, `==`,
 * `in`, functions) is weighed. The library has no hook for this, so the source is rewritten, which uses its public parts only.
 */
export function meter(source: string, tree: ASTNode): string {
  const opening: Insertion[] = [];
  const closing: Insertion[] = [];

  function wrap(name: string, node: ASTNode): void {
    if (node.op === "value") return;
    opening.push({ offset: node.start, text: `${name}(${BUDGET_NAME}, ` });
    closing.push({ offset: node.end, text: ")" });
  }

  function visit(node: ASTNode): void {
    const binder = toBinder(node);
    if (binder !== null && node.op === "rcall") {
      if (binder.isLoop) visit(node.args[1]);
      for (const part of binder.rest) {
        wrap(STEP_FUNCTION, part);
        visit(part);
      }
      return;
    }
    if (node.op === "call" && node.args[0] === "has") return;
    if (SIZED_OPERATORS.has(node.op)) for (const part of children(node)) wrap(WEIGH_FUNCTION, part);
    if (node.op === "rcall") wrap(WEIGH_FUNCTION, node.args[1]);
    if (node.op === "call" && !FREE_CALLS.has(node.args[0]))
      for (const part of node.args[1]) wrap(WEIGH_FUNCTION, part);
    for (const part of children(node)) visit(part);
  }

  visit(tree);
  return insert(source, [...closing, ...opening]);
}

/** Insertions at one offset keep their order; closings come first, so that neighbours do not cross. */
function insert(source: string, insertions: readonly Insertion[]): string {
  const sorted = [...insertions].sort((a, b) => a.offset - b.offset);
  let result = "";
  let from = 0;
  for (const { offset, text } of sorted) {
    result += source.slice(from, offset) + text;
    from = offset;
  }
  return result + source.slice(from);
}
