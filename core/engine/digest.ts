import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Json } from "../base/json.ts";

/** SHA-256 of a value as JSON whose keys are in order: values that are equal have equal digests, however they were put together. */
export function digest(value: Json): string {
  return bytesToHex(sha256(utf8ToBytes(toCanonical(value))));
}

/** Definitions, plans and results are JSON by their types, which only do not say so. */
export function toJson(value: object): Json {
  return value as unknown as Json;
}

function toCanonical(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(toCanonical).join(",")}]`;
  let text = "";
  for (const key of Object.keys(value).sort()) {
    const one = value[key];
    if (one !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${toCanonical(one)}`;
  }
  return `{${text}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
