import { whyBadPattern } from "../model/file-name.ts";
import type { ResolvedAction } from "../model/attempt.ts";
import { MAX_ARGUMENTS, MAX_FILES, MAX_NAME_BYTES } from "../model/limits.ts";
import type { AttemptPlan } from "./attempt-plan.ts";
import { findDepthProblem } from "./value-limits.ts";

/**
 * What of a plan no agent could be given, or null: values that came out of expressions and that no process, request or message can
 * hold. The limits are those of the wire.
 */
export function findPlanProblem({ action, environment, filesIn, globs, filesOut, needs }: AttemptPlan): string | null {
  return (
    findActionProblem(action) ??
    findEnvironmentProblem(environment) ??
    findCountProblem("files.in", filesIn.length) ??
    findCountProblem("files.in", globs.length) ??
    findCountProblem("files.out", filesOut.length) ??
    findPatternProblem("files.in", globs) ??
    findPatternProblem("files.out", filesOut) ??
    (needs.agent === null ? null : findNameProblem('"needs.agent"', needs.agent)) ??
    (Number.isSafeInteger(needs.memoryBytes) ? null : `"needs.memory" must be whole bytes, found ${needs.memoryBytes}`)
  );
}

function findActionProblem(action: ResolvedAction): string | null {
  switch (action.kind) {
    case "run":
      return findNul('"run"', action.script);
    case "argv":
      return findArgumentsProblem(action.argv);
    case "script":
      return (
        findNameProblem('"script.module"', action.module) ??
        findNameProblem('"script.export"', action.export) ??
        inValue('"script.args"', findDepthProblem(action.args))
      );
    case "http":
      return (
        findNameProblem('"http.method"', action.method) ??
        findNameProblem('"http.url"', action.url) ??
        findHeaderProblem(action.headers) ??
        inValue('"http.body"', findDepthProblem(action.body))
      );
    case "sleep":
    case "noop":
      return null;
  }
}

function findArgumentsProblem(argv: readonly string[]): string | null {
  if (argv.length > MAX_ARGUMENTS) return `"argv" has at most ${MAX_ARGUMENTS} words, found ${argv.length}`;
  if (argv[0] === undefined || argv[0] === "") return '"argv" begins with the name of a program, found an empty one';
  for (const [index, word] of argv.entries()) {
    const problem = findNul(`word ${index} of "argv"`, word);
    if (problem !== null) return problem;
  }
  return null;
}

function findEnvironmentProblem(environment: AttemptPlan["environment"]): string | null {
  for (const [name, value] of Object.entries(environment)) {
    if (name === "" || /[=\0]/.test(name))
      return `the name of an environment variable must not be empty or have "=" or NUL in it, found ${shorten(name)}`;
    const problem = findNul(`the environment variable ${name}`, value);
    if (problem !== null) return problem;
  }
  return null;
}

function findHeaderProblem(headers: Readonly<Record<string, string>>): string | null {
  for (const [name, value] of Object.entries(headers))
    if (/[\0\r\n]/.test(name + value)) return `the header ${shorten(name)} must be one line without NUL`;
  return null;
}

function findPatternProblem(key: string, patterns: readonly string[]): string | null {
  for (const pattern of patterns) {
    const why = whyBadPattern(pattern);
    if (why !== undefined) return `an entry of "${key}" cannot be used: ${why}, found ${shorten(pattern)}`;
  }
  return null;
}

function findCountProblem(key: string, count: number): string | null {
  return count > MAX_FILES ? `"${key}" has at most ${MAX_FILES} files, found ${count}` : null;
}

function findNameProblem(what: string, text: string): string | null {
  if (text.length > 0 && text.length <= MAX_NAME_BYTES) return null;
  return text.length === 0
    ? `${what} is empty`
    : `${what} has at most ${MAX_NAME_BYTES} characters, this one has ${text.length}: ${shorten(text)}`;
}

function findNul(what: string, text: string): string | null {
  return text.includes("\0") ? `${what} must not have a NUL character in it: no process can take one` : null;
}

function inValue(what: string, problem: string | null): string | null {
  return problem === null ? null : `${what} ${problem}`;
}

const MAX_SHOWN = 80;

function shorten(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
