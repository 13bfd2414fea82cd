import { basename } from "node:path";
import { printFindings, readSources } from "./check-sources.ts";
import type { Findings, Source } from "./check-sources.ts";

/** Lines of a file: noted above the first, refused above the second. */
const LONG_LINES = 300;
const MAX_LINES = 400;

const KEBAB_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.(ts|svelte)$/;

/** Words that have no place in code. Written in parts, so that this file does not hold them. */
const FORBIDDEN: readonly { readonly pattern: RegExp; readonly why: string; readonly except?: RegExp }[] = [
  { pattern: /\bas any\b/, why: "says `as any`: parse the value or name its type" },
  { pattern: new RegExp("@ts-" + "(ignore|nocheck)"), why: "silences the compiler: fix the type" },
  {
    pattern: new RegExp("@ts-" + "expect-error"),
    why: "silences the compiler: fix the type",
    // They say what the compiler must refuse.
    except: /^test\/.*\/types(\/|\.test\.ts$)/,
  },
  { pattern: new RegExp("eslint-" + "disable"), why: "silences a lint rule: fix the code, or change the rule for all" },
  // Two warnings are allowed to be silenced: a region that scrolls must take the focus, and so must the field a dialog opens for.
  {
    pattern: new RegExp("svelte-" + "ignore (?!(a11y_no_noninteractive_tabindex|a11y_autofocus) )"),
    why: "silences the Svelte compiler: fix the markup",
  },
  {
    pattern: new RegExp("\\b(TO" + "DO|FIX" + "ME|X" + "XX)\\b(?!\\(#\\d+\\))"),
    why: "holds a note without an issue number: TO" + "DO(#12)",
  },
];

const TEST_CALL = /\b(?:test|it|describe|suite)\.(only|skip|todo)\b/;
const TEST_FLAG = /\b(only|todo): *true\b|\bskip: *true\b/;

/** Lengths, names, forbidden words, and tests that are left out or alone. */
export function checkFiles(sources: readonly Source[]): Findings {
  const judged = sources.map(judgeFile);
  return { problems: judged.flatMap((file) => file.problems), notes: judged.flatMap((file) => file.notes) };
}

function judgeFile({ path, text }: Source): Findings {
  const lines = text.split("\n");
  const length = lines.length - 1;
  const isTest = path.startsWith("test/");
  const problems: string[] = [];
  const notes: string[] = [];
  if (!KEBAB_NAME.test(basename(path))) problems.push(`${path} is not named in kebab-case`);
  if (length > MAX_LINES && !isTest) problems.push(`${path} has ${length} lines, more than ${MAX_LINES}: split it`);
  else if (length > LONG_LINES) notes.push(`${path} has ${length} lines`);
  lines.forEach((line, index) => {
    for (const why of judgeLine(path, line, isTest)) problems.push(`${path}:${index + 1} ${why}`);
  });
  return { problems, notes };
}

function judgeLine(path: string, line: string, isTest: boolean): readonly string[] {
  if (path === "scripts/check-files.ts") return [];
  const forbidden = FORBIDDEN.filter(({ pattern, except }) => pattern.test(line) && except?.test(path) !== true);
  const problems = forbidden.map(({ why }) => why);
  if (!isTest) return problems;
  const call = TEST_CALL.exec(line);
  if (call !== null) problems.push(`.${call[1]}: a test runs, or has { skip: reason } for missing means`);
  if (TEST_FLAG.test(line)) problems.push("a test is left out or alone without a reason: { skip: reason }");
  return problems;
}

if (import.meta.main) printFindings(checkFiles(readSources()));
