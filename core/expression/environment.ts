import { Environment } from "@marcbachmann/cel-js";
import { Budget } from "./budget.ts";
import { MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_NODES } from "./limits.ts";

/** Names that only the engine's own rewriting of an expression uses; an expression that names them is refused. */
export const BUDGET_NAME = "lanweave_budget";
export const GO_FUNCTION = "lanweave_go";
export const STEP_FUNCTION = "lanweave_step";
export const WEIGH_FUNCTION = "lanweave_weigh";
const BUDGET_TYPE = "LanweaveBudget";

/**
 * The language without variables. JSON has one kind of number, so every number that comes from data is a CEL double, and doubles and
 * ints mix freely in arithmetic; two int literals (or sizes) stay CEL ints, whose division drops the remainder. Rule FILE-5.
 */
export function createEnvironment(): Environment {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    limits: {
      maxAstNodes: MAX_EXPRESSION_NODES,
      maxDepth: MAX_EXPRESSION_DEPTH,
      maxListElements: MAX_EXPRESSION_NODES,
      maxMapEntries: MAX_EXPRESSION_NODES,
    },
  });
  addMixedArithmetic(environment);
  addNumberArguments(environment);
  return environment;
}

/** The language with what rewritten expressions need on top: the budget and the functions that spend it. */
export function createMeteredEnvironment(names: readonly string[]): Environment {
  const environment = createEnvironment()
    .registerType(BUDGET_TYPE, Budget)
    .registerVariable(BUDGET_NAME, BUDGET_TYPE)
    .registerFunction(`${GO_FUNCTION}(${BUDGET_TYPE}): bool`, (budget: Budget) => budget.trySpend(), { async: false })
    .registerFunction(
      `${STEP_FUNCTION}(${BUDGET_TYPE}, dyn): dyn`,
      (budget: Budget, value: unknown) => {
        budget.spend(1);
        return value;
      },
      { async: false },
    )
    .registerFunction(
      `${WEIGH_FUNCTION}(${BUDGET_TYPE}, dyn): dyn`,
      (budget: Budget, value: unknown) => {
        budget.weigh(value);
        return value;
      },
      { async: false },
    );
  for (const name of names) environment.registerVariable(name, "dyn");
  return environment;
}

type Numeric = number | bigint;

function addMixedArithmetic(environment: Environment): void {
  const operators: Readonly<Record<string, (a: Numeric, b: Numeric) => number>> = {
    "+": (a, b) => Number(a) + Number(b),
    "-": (a, b) => Number(a) - Number(b),
    "*": (a, b) => Number(a) * Number(b),
    "/": (a, b) => Number(a) / Number(b),
    "%": (a, b) => Number(a) % Number(b),
  };
  for (const [operator, handler] of Object.entries(operators)) {
    environment.registerOperator(`int ${operator} double: double`, handler);
    environment.registerOperator(`double ${operator} int: double`, handler);
  }
  environment.registerOperator("double % double: double", (a: number, b: number) => a % b);
  environment.registerOperator("int == double: bool", (a: bigint, b: number) => Number(a) === b);
}

/** The library's text functions take ints only; a number from data is as good when it is whole. */
function addNumberArguments(environment: Environment): void {
  const at = (value: Numeric, length: number): number => {
    const index = Number(value);
    if (!Number.isInteger(index) || index < 0 || index > length)
      throw new RangeError(`expected a whole number from 0 to ${length}, found ${index}`);
    return index;
  };
  const sync = { async: false };
  const substring = (text: string, start: Numeric, end: Numeric = text.length): string => {
    const from = at(start, text.length);
    return text.substring(from, Math.max(from, at(end, text.length)));
  };
  environment.registerFunction("string.substring(double): string", substring, sync);
  environment.registerFunction("string.substring(double, double): string", substring, sync);
  environment.registerFunction("string.substring(double, int): string", substring, sync);
  environment.registerFunction("string.substring(int, double): string", substring, sync);
}
