import { NODE_FIELDS, SCOPE_NAMES, type ExpressionProblem, type Reference } from "./analyse.ts";
import { findNear } from "./near.ts";
import type { Names, ScopeTypes } from "./scope-types.ts";

/** What is unknown in one name of an expression and the members after it. */
export function checkReference(reference: Reference, scope: ScopeTypes, source: string): readonly ExpressionProblem[] {
  const { name, members, start, end } = reference;
  const known = ["inputs", "variables", "nodes", "level", ...scope.locals];
  if (!known.includes(name)) {
    if (SCOPE_NAMES.includes(name)) return [{ message: describeMisplaced(name), suggestion: null, start, end }];
    if (TYPE_NAMES.has(name)) return [];
    return [
      {
        message: `unknown name "${name}"; expected one of ${known.join(", ")}`,
        suggestion: suggestName(name, known, scope),
        start,
        end,
      },
    ];
  }
  const [first, second] = members;
  if (name === "inputs") return checkMember(first, new Set(Object.keys(scope.inputs)), "input");
  if (name === "variables") return checkMember(first, scope.variables, "variable");
  if (name !== "nodes") return [];
  if (first === undefined)
    return [
      {
        message: 'expected "nodes" to be followed by the id of a node, as in nodes.resize.result',
        suggestion: null,
        start,
        end,
      },
    ];
  const unknown = checkMember(first, scope.nodes, "node");
  if (unknown.length > 0)
    return unknown.map((problem) => ({
      ...problem,
      suggestion: suggestDashed(source, first, scope) ?? problem.suggestion,
    }));
  return checkMember(second, FIELD_NAMES, "field");
}

function firstNames(known: Names): readonly string[] {
  const names: string[] = [];
  for (const name of known) if (names.push(name) >= MAX_COMPARED) break;
  return names;
}

type Member = Reference["members"][number];

function checkMember(member: Member | undefined, known: Names, what: string): readonly ExpressionProblem[] {
  if (member === undefined) return [];
  if (known.has(member.name)) return [];
  const names = firstNames(known);
  const expected =
    names.length === 0
      ? "there is none here"
      : `expected ${names.slice(0, MAX_LISTED).join(", ")}${names.length > MAX_LISTED ? " …" : ""}`;
  return [
    {
      message: `unknown ${what} "${member.name}"; ${expected}`,
      suggestion: findNear(member.name, names),
      start: member.start,
      end: member.end,
    },
  ];
}

const MAX_LISTED = 8;
const MAX_COMPARED = 1_000;
const FIELD_NAMES: ReadonlySet<string> = new Set(NODE_FIELDS);
const TYPE_NAMES: ReadonlySet<string> = new Set([
  "int",
  "uint",
  "double",
  "bool",
  "string",
  "list",
  "map",
  "bytes",
  "type",
  "null_type",
  "google",
  "cel",
]);

function describeMisplaced(name: string): string {
  switch (name) {
    case "item":
    case "index":
      return `"${name}" exists only inside a parallel node with forEach`;
    case "iteration":
      return '"iteration" exists only inside a loop';
    case "previous":
      return '"previous" exists only inside a pipeline after its first node, and inside a loop';
    default:
      return '"result" exists only in set and compensate; elsewhere it is nodes.<id>.result';
  }
}

function suggestName(name: string, known: readonly string[], scope: ScopeTypes): string | null {
  if (Object.hasOwn(scope.inputs, name)) return `inputs.${name}`;
  if (scope.variables.has(name)) return `variables.${name}`;
  if (scope.nodes.has(name)) return `nodes.${name}`;
  return findNear(name, known);
}

/** `nodes.my-node` reads as a subtraction; the id it starts with is what was meant. */
function suggestDashed(source: string, member: Member, scope: ScopeTypes): string | null {
  const written = /^[A-Za-z0-9_-]+/.exec(source.slice(member.start))?.[0] ?? "";
  return written.includes("-") && scope.nodes.has(written) ? `nodes["${written}"]` : null;
}
