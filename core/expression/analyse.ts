import type { ASTNode } from "@marcbachmann/cel-js";
import { BUDGET_NAME, GO_FUNCTION, STEP_FUNCTION, WEIGH_FUNCTION } from "./environment.ts";
import { MAX_NESTED_MACROS } from "./limits.ts";
import type { NodeScope } from "./scope.ts";
import { children, toBinder, toMember } from "./syntax.ts";

/** Every name an expression can begin with at one place or another. */
export const SCOPE_NAMES: readonly string[] = [
  "inputs",
  "variables",
  "nodes",
  "level",
  "item",
  "index",
  "iteration",
  "previous",
  "result",
];
/** What an expression may ask of a node. Rules FILE-5 and NODE-12. */
export const NODE_FIELDS: readonly (keyof NodeScope)[] = [
  "state",
  "result",
  "files",
  "completed",
  "failed",
  "skipped",
  "total",
  "iterations",
];
const RESERVED_NAMES: ReadonlySet<string> = new Set([BUDGET_NAME, GO_FUNCTION, STEP_FUNCTION, WEIGH_FUNCTION]);

/** Something an expression may not do. Offsets count from 0 in its source; `end` is the first one after it. */
export interface ExpressionProblem {
  readonly message: string;
  readonly suggestion: string | null;
  readonly start: number;
  readonly end: number;
}

/** A free name of an expression with the members that are asked for by constant name: `nodes.resize.result` has two. */
export interface Reference {
  readonly name: string;
  readonly members: readonly { readonly name: string; readonly start: number; readonly end: number }[];
  readonly start: number;
  readonly end: number;
}

export interface Analysis {
  readonly references: readonly Reference[];
  readonly problems: readonly ExpressionProblem[];
}

/** What an expression reads from its scope, and what in it is refused wherever it stands. */
export function analyse(tree: ASTNode): Analysis {
  const references: Reference[] = [];
  const problems: ExpressionProblem[] = [];

  function refuse(node: ASTNode, message: string, suggestion: string | null = null): void {
    problems.push({ message, suggestion, start: node.start, end: node.end });
  }

  function visit(node: ASTNode, bound: ReadonlySet<string>, loops: number): void {
    if (visitMember(node, bound)) return;
    const binder = toBinder(node);
    if (binder !== null && node.op === "rcall") {
      const inside = loops + (binder.isLoop ? 1 : 0);
      if (inside > MAX_NESTED_MACROS)
        return refuse(node, `at most ${MAX_NESTED_MACROS} of all, exists, map and filter may stand inside each other`);
      const names = new Set(bound);
      if (binder.variable.op !== "id") refuse(binder.variable, "expected the name of a variable");
      else if (SCOPE_NAMES.includes(binder.variable.args))
        refuse(binder.variable, `"${binder.variable.args}" already has a meaning here; choose another name`);
      else names.add(binder.variable.args);
      if (binder.isLoop) visit(node.args[1], bound, loops);
      for (const part of binder.rest) visit(part, names, inside);
      return;
    }
    if ((node.op === "call" || node.op === "rcall") && node.args[0] === "matches")
      refuse(
        node,
        "matches is switched off, because a regular expression can run for ever; use contains, startsWith or endsWith",
      );
    if (node.op === "call" && RESERVED_NAMES.has(node.args[0])) refuse(node, `unknown function "${node.args[0]}"`);
    for (const child of children(node)) visit(child, bound, loops);
  }

  /** Takes `a.b["c"]` as a whole when it starts with a free name. */
  function visitMember(node: ASTNode, bound: ReadonlySet<string>): boolean {
    const members: { name: string; start: number; end: number }[] = [];
    let at = node;
    for (let member = toMember(at); member !== null; member = toMember(at)) {
      members.unshift({ name: member.name, start: member.start, end: member.end });
      at = member.of;
    }
    if (at.op !== "id" || bound.has(at.args)) return false;
    references.push({ name: at.args, members, start: at.start, end: at.end });
    return true;
  }

  visit(tree, new Set(), 0);
  return { references, problems };
}
