import { hasFiniteNumbers, isDeeperThan, type Json } from "../base/json.ts";
import { MAX_JSON_DEPTH, MAX_RESULT_LENGTH } from "../model/limits.ts";
import type { NodeFailure } from "../model/run.ts";

/** Why a value that reaches a run from outside cannot be kept, in words that follow the value's name, or null. Rule NODE-11. */
export function findDepthProblem(value: Json): string | null {
  return isDeeperThan(value, MAX_JSON_DEPTH)
    ? `has at most ${MAX_JSON_DEPTH} lists and maps inside each other, this one has more`
    : null;
}

/** Why a value cannot be the result of a node, or null. */
export function findResultProblem(value: Json): NodeFailure | null {
  const depth = findDepthProblem(value);
  if (depth !== null)
    return { code: "result-too-deep", message: `a result ${depth}: make it flatter, or write it to a file` };
  if (!hasFiniteNumbers(value))
    return { code: "result", message: "a result has only numbers that JSON can write, this one has Infinity or NaN" };
  const { length } = JSON.stringify(value);
  if (length <= MAX_RESULT_LENGTH) return null;
  const message = `a result has at most ${MAX_RESULT_LENGTH} characters of JSON, this one has ${length}: write it to a file and name that in "files.out"`;
  return { code: "result-too-large", message };
}

/** Why one completion cannot write these variables, or null. Without it a loop could let one grow for as long as it runs. */
export function findVariablesProblem(variables: Readonly<Record<string, Json>>): NodeFailure | null {
  for (const [name, value] of Object.entries(variables)) {
    const depth = findDepthProblem(value);
    if (depth !== null) return { code: "variable-too-deep", message: `a variable ${depth}: "set" of "${name}"` };
    const { length } = JSON.stringify(value);
    if (length <= MAX_RESULT_LENGTH) continue;
    const message = `a variable has at most ${MAX_RESULT_LENGTH} characters of JSON, "set" would give "${name}" ${length}: keep large values in files`;
    return { code: "variable-too-large", message };
  }
  return null;
}

/** Why a workflow cannot have these outputs, or null: together they are its result. Rule FILE-9. */
export function findOutputsProblem(outputs: Readonly<Record<string, Json>>): NodeFailure | null {
  let total = 0;
  for (const [name, value] of Object.entries(outputs)) {
    const depth = findDepthProblem(value);
    if (depth !== null) return { code: "result-too-deep", message: `an output ${depth}: "${name}"` };
    total += JSON.stringify(value).length + JSON.stringify(name).length + 2;
    if (total <= MAX_RESULT_LENGTH) continue;
    const message = `the outputs of a workflow have at most ${MAX_RESULT_LENGTH} characters of JSON, with "${name}" these have ${total}: keep large values in files and bring them home with "collect"`;
    return { code: "result-too-large", message };
  }
  return null;
}

/** Why a question cannot be put to a person, or null. */
export function findQuestionProblem(question: string): NodeFailure | null {
  if (question.length <= MAX_RESULT_LENGTH) return null;
  const message = `the question of "approve" has at most ${MAX_RESULT_LENGTH} characters, this one has ${question.length}: put long texts into files`;
  return { code: "plan", message };
}
