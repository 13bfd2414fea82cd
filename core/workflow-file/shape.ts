import { z } from "zod";
import { findNear } from "../expression/near.ts";
import { MAX_PROBLEMS_SOUGHT } from "./limits.ts";
import type { Problems } from "./problems.ts";
import type { DataPath, Source } from "./source.ts";

/** Where a problem of shape goes. */
export interface Reporter {
  readonly source: Source;
  readonly problems: Problems;
}

/** What a value of the wrong shape still has to say: its sound parts, and which of its keys were unsound. */
export interface Shaped<T> {
  /** Null when a part that must be there is missing or unsound. */
  readonly value: T | null;
  readonly unsound: ReadonlySet<string>;
}

type Issue = z.core.$ZodIssue;

const MAX_REPAIRS = 3;

/**
 * Checks a map against a schema and reports every problem. Unsound keys are left out, and what must be there is replaced by its
 * stand-in, so that the rest can be checked further; a value made so is only good for finding more problems.
 */
export function checkShape<T>(
  schema: z.ZodType<T>,
  data: unknown,
  path: DataPath,
  reporter: Reporter,
  standIns: Readonly<Record<string, unknown>> = {},
): Shaped<T> {
  const unsound = new Set<string>();
  let rest = data;
  for (let repairs = 0; repairs < MAX_REPAIRS; repairs++) {
    const parsed = schema.safeParse(rest);
    if (parsed.success) return { value: parsed.data, unsound };
    const before = unsound.size;
    for (const issue of parsed.error.issues.slice(0, MAX_PROBLEMS_SOUGHT)) {
      if (repairs === 0 || !mentions(issue, unsound)) reportIssue(issue, schema, data, path, reporter);
      for (const key of keysOf(issue)) unsound.add(key);
    }
    if (unsound.size === before || typeof rest !== "object" || rest === null) break;
    rest = Object.fromEntries(Object.entries(rest).filter(([key]) => !unsound.has(key)));
  }
  if (typeof data !== "object" || data === null) return { value: null, unsound };
  const sound = Object.fromEntries(Object.entries(data).filter(([key]) => !unsound.has(key)));
  const second = schema.safeParse({ ...standIns, ...sound });
  return { value: second.success ? second.data : null, unsound };
}

function keysOf(issue: Issue): readonly string[] {
  if (issue.path.length > 0) return [String(issue.path[0])];
  return issue.code === "unrecognized_keys" ? issue.keys : [];
}

function mentions(issue: Issue, keys: ReadonlySet<string>): boolean {
  return keysOf(issue).some((key) => keys.has(key));
}

function reportIssue(issue: Issue, schema: z.ZodType, data: unknown, base: DataPath, reporter: Reporter): void {
  const inner = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const path = [...base, ...inner];
  if (issue.code === "unrecognized_keys") return reportUnknown(issue.keys, schema, inner, path, reporter);
  if (issue.code === "invalid_key") return reportName(issue.issues, path, reporter);
  if (issue.code === "invalid_union" && reportBranch(issue.errors, schema, data, base, inner, reporter)) return;
  const found = at(data, inner);
  if (found === undefined) {
    const key = inner.at(-1);
    const message = `missing "${String(key)}"${expectation(issue) === null ? "" : `; ${expectation(issue)}`}`;
    return reporter.problems.add(reporter.source.locate(path.slice(0, -1)), "missing-key", message);
  }
  const expected = expectation(issue) ?? issue.message;
  const suggestion =
    issue.code === "invalid_value" && typeof found === "string" ? findNear(found, issue.values.map(String)) : null;
  reporter.problems.add(
    reporter.source.locate(path),
    toCode(issue, inner, expected),
    `${expected}, found ${describe(found)}`,
    suggestion,
  );
}

/** Of the branches of a union, the one that was meant: whose kind of value is there. */
function reportBranch(
  branches: readonly (readonly Issue[])[],
  schema: z.ZodType,
  data: unknown,
  base: DataPath,
  inner: DataPath,
  reporter: Reporter,
): boolean {
  const meant = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys"),
  );
  const unknown = meant.map((issues) => issues.filter((issue) => issue.code === "unrecognized_keys"));
  const best = unknown.every((issues) => issues.length > 0) ? unknown : meant;
  const [issues] = [...best].sort((a, b) => a.length - b.length);
  if (issues === undefined || issues.length === 0) return false;
  for (const issue of issues) reportIssue({ ...issue, path: [...inner, ...issue.path] }, schema, data, base, reporter);
  return true;
}

function reportUnknown(
  keys: readonly string[],
  schema: z.ZodType,
  inner: DataPath,
  path: DataPath,
  reporter: Reporter,
): void {
  if (reporter.problems.isFull) return reporter.problems.addUntold(keys.length);
  const known = [...knownKeys(schema, inner)];
  reporter.problems.addUntold(Math.max(0, keys.length - MAX_PROBLEMS_SOUGHT));
  for (const key of keys.slice(0, MAX_PROBLEMS_SOUGHT)) {
    const synonym = Object.hasOwn(SYNONYMS, key) ? (SYNONYMS[key] ?? key) : key;
    const suggestion = suggestKey(key, synonym, known);
    const expected = known.length === 0 ? "no key at all" : `one of ${known.join(", ")}`;
    const message = `unknown key "${key}"${suggestion === null ? `; expected ${expected}` : ""}`;
    reporter.problems.add(reporter.source.locateKey([...path, key]), "unknown-key", message, suggestion);
  }
}

/** `fault.retry` at the level of `fault`, `retry` inside of it. */
function suggestKey(key: string, synonym: string, known: readonly string[]): string | null {
  const [outer = "", inner = outer] = synonym.split(".");
  if (known.includes(outer)) return synonym;
  return known.includes(inner) ? inner : findNear(key, known);
}

function reportName(issues: readonly Issue[], path: DataPath, reporter: Reporter): void {
  for (const issue of issues)
    reporter.problems.add(reporter.source.locateKey(path), "name", `${issue.message}, found "${String(path.at(-1))}"`);
}

/** What other workflow languages call our keys. */
const SYNONYMS: Readonly<Record<string, string>> = {
  env: "environment",
  depends: "dependsOn",
  depends_on: "dependsOn",
  command: "run",
  cmd: "run",
  steps: "nodes",
  tasks: "nodes",
  retries: "fault.retry",
  retry: "fault.retry",
  timeout: "fault.timeout",
  when: "if",
  foreach: "forEach",
  version: "lanweave",
  resources: "needs",
  requires: "needs",
  vars: "variables",
  parameters: "inputs",
};

/** The keys that may stand at a path inside what a schema describes. */
function knownKeys(schema: z.core.$ZodType, path: DataPath): ReadonlySet<string> {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return knownKeys(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion)
    return new Set(schema.options.flatMap((option: z.core.$ZodType) => [...knownKeys(option, path)]));
  const [step, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    if (step === undefined) return new Set(Object.keys(shape).filter((key) => key !== "$schema"));
    const next = shape[String(step)];
    return next === undefined ? new Set() : knownKeys(next, rest);
  }
  if (schema instanceof z.ZodArray) return knownKeys(schema.element, rest);
  if (schema instanceof z.ZodRecord) return knownKeys(schema.valueType, rest);
  return new Set();
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
  null: "nothing",
};

function expectation(issue: Issue): string | null {
  switch (issue.code) {
    case "invalid_type":
      return issue.message.startsWith("expected")
        ? issue.message
        : `expected ${KINDS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected ${issue.values
        .map((value) => String(value))
        .join(", ")
        .replace(/, ([^,]*)$/, " or $1")}`;
    case "too_small":
      return issue.message.startsWith("expected")
        ? issue.message
        : `expected ${measure(issue.origin)}${issue.inclusive ? "at least" : "above"} ${issue.minimum}`;
    case "too_big":
      return `expected ${measure(issue.origin)}${issue.inclusive ? "at most" : "below"} ${issue.maximum}`;
    default:
      return issue.message.startsWith("expected") ? issue.message : null;
  }
}

function measure(origin: string): string {
  if (origin === "string") return "a length of ";
  return origin === "array" ? "a list of " : "";
}

function toCode(issue: Issue, path: DataPath, expected: string): string {
  if (expected.includes("a size")) return "size";
  if (issue.code === "invalid_type" || issue.code === "invalid_union") return "type";
  if (path.at(-1) === "id") return "id";
  return expected.includes("a duration") ? "duration" : "value";
}

function at(data: unknown, path: DataPath): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

const MAX_SHOWN = 60;

/** A value as people read it in a problem. */
export function describe(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a map";
  if (typeof value !== "string") return String(value);
  return `"${value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value}"`;
}
