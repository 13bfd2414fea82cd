import { hasFiniteNumbers, isDeeperThan, type Json } from "../base/json.ts";
import { MAX_JSON_DEPTH } from "../model/limits.ts";
import type { InputDefinition } from "../model/workflow.ts";
import { MAX_PATTERN_LENGTH, MAX_PATTERN_VALUE_LENGTH } from "./limits.ts";
import { describe } from "./shape.ts";

const KINDS: Readonly<Record<InputDefinition["type"], string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  list: "a list",
  object: "a map",
};

/** What is expected of a value whose lists and maps lie too deep in each other. */
export const DEPTH_EXPECTED = `expected at most ${MAX_JSON_DEPTH} lists and maps inside each other, found more`;

/** What is wrong with a value of an input, or null. The rest of a definition is only looked at when the type is right. */
export function checkInputValue(definition: InputDefinition, value: Json): string | null {
  if (isDeeperThan(value, MAX_JSON_DEPTH)) return DEPTH_EXPECTED;
  if (!hasFiniteNumbers(value)) return "expected numbers that JSON can write, found one that is infinite or none";
  if (!hasType(definition.type, value)) return `expected ${KINDS[definition.type]}, found ${describe(value)}`;
  if (typeof value === "number") {
    if (definition.minimum !== undefined && value < definition.minimum)
      return `expected at least ${definition.minimum}, found ${value}`;
    if (definition.maximum !== undefined && value > definition.maximum)
      return `expected at most ${definition.maximum}, found ${value}`;
  }
  if (definition.enum !== undefined && !definition.enum.some((allowed) => isSame(allowed, value)))
    return `expected one of ${definition.enum.map((allowed) => JSON.stringify(allowed)).join(", ")}, found ${describe(value)}`;
  if (definition.pattern !== undefined && typeof value === "string") return checkPattern(definition.pattern, value);
  return null;
}

function hasType(type: InputDefinition["type"], value: Json): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value);
    case "list":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function checkPattern(pattern: string, value: string): string | null {
  if (value.length > MAX_PATTERN_VALUE_LENGTH)
    return `expected at most ${MAX_PATTERN_VALUE_LENGTH} characters, found ${value.length}`;
  return new RegExp(pattern, "u").test(value)
    ? null
    : `expected text that matches ${pattern}, found ${describe(value)}`;
}

/** Equal as JSON, whatever the order of keys. */
export function isSame(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = new Map(Object.entries(a));
  const right = new Map(Object.entries(b));
  return (
    left.size === right.size &&
    [...left].every(([key, value]) => right.has(key) && isSame(value, right.get(key) ?? null))
  );
}

/**
 * Why a regular expression may not be used, or null. One that repeats what repeats or has alternatives could take longer than a
 * universe on a short text, so these are refused, and with them a few harmless ones.
 */
export function describePattern(pattern: string): string | null {
  if (pattern.length > MAX_PATTERN_LENGTH)
    return `expected a pattern of at most ${MAX_PATTERN_LENGTH} characters, found ${pattern.length}`;
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const bare = pattern.replace(/\\[^]/g, "x").replace(/\[[^\]]*\]/g, "x");
  if (/\\[1-9k]/.test(pattern)) return "expected a pattern without back references";
  if (countRepeats(bare) > MAX_REPEATS) return `expected a pattern with at most ${MAX_REPEATS} of *, + and {n,}`;
  return hasNestedRepeat(bare)
    ? "expected a pattern in which no repeated group holds a repetition or an alternative"
    : null;
}

const MAX_REPEATS = 3;

function countRepeats(bare: string): number {
  return bare.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0;
}

function hasNestedRepeat(bare: string): boolean {
  const open: boolean[] = [];
  for (const [character, index] of [...bare].map((each, at): [string, number] => [each, at])) {
    if (character === "(") open.push(false);
    else if (/[*+{|]/.test(character)) open.fill(true);
    else if (character === ")" && open.pop() === true && /^[*+{]/.test(bare.slice(index + 1))) return true;
  }
  return false;
}
