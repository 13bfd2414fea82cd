import type { ASTNode } from "@marcbachmann/cel-js";
import { BUDGET_NAME, GO_FUNCTION, STEP_FUNCTION, WEIGH_FUNCTION } from "./environment.ts";
import { children, toBinder } from "./syntax.ts";

const SIZED_OPERATORS: ReadonlySet<string> = new Set(["+", "==", "!=", "in"]);
/** Calls that look at their argument's outside only, or (`has`) do not take a value at all. */
const FREE_CALLS: ReadonlySet<string> = new Set(["has", "dyn", "type", "double", "int", "uint", "bool"]);
/**
 * Macros that go on after an error in their body, and the value of the body that ends them at once. The others end by the error.
 */
const ENDING_VALUES: Readonly<Record<string, string>> = { all: "false", exists: "true" };

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

  function weigh(node: ASTNode): void {
    if (node.op === "value") return;
    // A node's stretch leaves out brackets at its ends. Then these close the call early and the call's own closes them: still a
    // sound expression, which weighs what was inside the brackets.
    opening.push({ offset: node.start, text: `${WEIGH_FUNCTION}(${BUDGET_NAME}, ` });
    closing.push({ offset: node.end, text: ")" });
  }

  function countBody(macro: string, from: number, to: number): void {
    const ending = Object.hasOwn(ENDING_VALUES, macro) ? ENDING_VALUES[macro] : undefined;
    const isGuarded = ending !== undefined;
    opening.push({
      offset: from,
      text: isGuarded ? `${GO_FUNCTION}(${BUDGET_NAME}) ? (` : `${STEP_FUNCTION}(${BUDGET_NAME}, `,
    });
    closing.push({ offset: to, text: isGuarded ? `) : ${ending}` : ")" });
  }

  function visit(node: ASTNode): void {
    const binder = toBinder(node);
    if (binder !== null && node.op === "rcall") {
      if (binder.isLoop) visit(node.args[1]);
      const parameters = node.args[2];
      for (const [index, part] of parameters.entries()) {
        const before = parameters[index - 1];
        const after = parameters[index + 1];
        if (before === undefined) continue;
        const to = after === undefined ? node.end - 1 : findComma(source, part.end);
        countBody(node.args[0], findComma(source, before.end) + 1, to);
        visit(part);
      }
      return;
    }
    if (node.op === "call" && node.args[0] === "has") return;
    if (SIZED_OPERATORS.has(node.op)) for (const part of children(node)) weigh(part);
    if (node.op === "rcall") weigh(node.args[1]);
    if (node.op === "call" && !FREE_CALLS.has(node.args[0])) for (const part of node.args[1]) weigh(part);
    for (const part of children(node)) visit(part);
  }

  visit(tree);
  // At one offset the innermost closes first, and the outermost opens first; neighbours do not cross.
  return insert(source, [...closing.reverse(), ...opening]);
}

/** The comma after an argument that ends at `from`: only brackets, space and comments can stand before it. */
function findComma(source: string, from: number): number {
  const gap = /^(?:[\s)]|\/\/[^\n]*\n)*/.exec(source.slice(from))?.[0].length ?? 0;
  return from + gap;
}

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
