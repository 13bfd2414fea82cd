import type { Json } from "../base/json.ts";
import { analyse, NODE_FIELDS, SCOPE_NAMES, type Reference } from "./analyse.ts";
import { Budget } from "./budget.ts";
import { BUDGET_NAME, createEnvironment, createMeteredEnvironment } from "./environment.ts";
import { MAX_EXPRESSION_LENGTH } from "./limits.ts";
import { meter } from "./meter.ts";
import type { NodeScope, ScopeValues } from "./scope.ts";
import { toJson } from "./values.ts";

const plain = createEnvironment();
const metered = createMeteredEnvironment(SCOPE_NAMES);

/** An expression ready to run. Throws on whatever keeps it from a JSON value; the message says what. */
export type Program = (scope: ScopeValues) => Json;

/** Parses an expression for evaluation. Throws what the parser throws, and a `SyntaxError` for what `analyse` refuses. */
export function compile(source: string): Program {
  if (source.length > MAX_EXPRESSION_LENGTH)
    throw new SyntaxError(
      `an expression has at most ${MAX_EXPRESSION_LENGTH} characters, this one has ${source.length}`,
    );
  const tree = plain.parse(source).ast;
  const { references, problems } = analyse(tree);
  const [problem] = problems;
  if (problem !== undefined) throw new SyntaxError(problem.message);
  if (references.some((reference) => reference.name === BUDGET_NAME))
    throw new SyntaxError(`unknown name "${BUDGET_NAME}"`);
  const run = metered.parse(meter(source, tree));
  return (scope) => {
    const budget = new Budget();
    const value: unknown = run(toContext(references, scope, budget));
    // `||`, `&&`, `all` and `exists` swallow errors, this one too.
    budget.assertLeft();
    return toJson(value);
  };
}

/** Only what the expression names is read, so a scope may build its nodes when asked. Prototypes are out of reach. */
function toContext(
  references: readonly Reference[],
  scope: ScopeValues,
  budget: Budget,
): Readonly<Record<string, unknown>> {
  const context: Record<string, unknown> = { [BUDGET_NAME]: budget };
  for (const { name } of references) {
    if (name === "nodes") continue;
    const value = readScope(scope, name);
    if (value !== undefined) context[name] = value;
  }
  const nodes = references.filter((reference) => reference.name === "nodes");
  if (nodes.length > 0) context["nodes"] = toNodes(nodes, scope.nodes);
  return context;
}

function readScope(scope: ScopeValues, name: string): unknown {
  switch (name) {
    case "inputs":
      return scope.inputs;
    case "variables":
      return scope.variables;
    case "level":
      return scope.level;
    case "item":
      return scope.item;
    case "index":
      return scope.index;
    case "iteration":
      return scope.iteration;
    case "previous":
      return scope.previous;
    case "result":
      return scope.result;
    default:
      return undefined;
  }
}

function toNodes(references: readonly Reference[], nodes: ScopeValues["nodes"]): Readonly<Record<string, object>> {
  const result: Record<string, Record<string, unknown>> = Object.create(null);
  for (const { members } of references) {
    const [id, field] = members;
    if (id === undefined) throw new TypeError(`"nodes" must be followed by the id of a node`);
    const node: NodeScope | undefined = nodes[id.name];
    // A scope that is a plain object also answers for its prototype, with functions.
    if (typeof node !== "object" || id.name === "__proto__") throw new TypeError(`there is no node "${id.name}" here`);
    const fields = (result[id.name] ??= Object.create(null) as Record<string, unknown>);
    for (const name of field === undefined ? NODE_FIELDS : NODE_FIELDS.filter((known) => known === field.name))
      fields[name] = node[name];
  }
  return result;
}
