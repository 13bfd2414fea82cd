import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Json } from "../base/json.ts";
import type { WorkflowDefinition } from "../model/workflow.ts";

/** SHA-256 of a value as JSON whose keys are in order: values that are equal have equal digests, however they were put together. */
export function digest(value: Json): string {
  return bytesToHex(sha256(utf8ToBytes(toCanonical(value))));
}

/** Only a memo: a definition is never changed and may be large. */
const definitions = new WeakMap<WorkflowDefinition, string>();

/** The digest of a whole definition. Rule SNAP-1. */
export function definitionHash(definition: WorkflowDefinition): string {
  let known = definitions.get(definition);
  if (known === undefined) definitions.set(definition, (known = digest(toJson(definition))));
  return known;
}

/** Definitions, plans and results are JSON by their types, which only do not say so. */
export function toJson(value: object): Json {
  return value as unknown as Json;
}

function toCanonical(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(toCanonical).join(",")}]`;
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${toCanonical(one)}`).join(",")}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
