import type { Json, JsonObject } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import { whyBadFileName } from "../model/file-name.ts";
import type { Sha256 } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";
import { describeType } from "./parallel.ts";

/** A file as `nodes.x.files` holds it. Such a value may come from anywhere, so all of it is checked; the error says what was expected. */
export function parseFileRef(value: Json): Result<FileRef, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return err(`expected a file of a node, found ${describeType(value)}`);
  const { name, sha256, sizeBytes } = value as JsonObject;
  if (typeof name !== "string") return err(`expected a file with a "name", found ${describe(name)}`);
  const why = whyBadFileName(name);
  if (why !== undefined) return err(`the file name ${shorten(name)} cannot be used: ${why}`);
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
    return err(`"sha256" of the file ${shorten(name)} must be 64 lower-case hex digits, found ${describe(sha256)}`);
  if (typeof sizeBytes !== "number" || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
    return err(
      `"sizeBytes" of the file ${shorten(name)} must be a whole number from 0 on, found ${describe(sizeBytes)}`,
    );
  return ok({ name, sha256: sha256 as Sha256, sizeBytes });
}

/** Files and texts in a value, and how many nulls stand beside them. */
export interface FoundFiles {
  readonly refs: readonly FileRef[];
  readonly texts: readonly string[];
  readonly nulls: number;
}

/** What a value of texts, files, nulls, and lists of these and of lists holds, in order; at most `max` files and texts. */
export function parseFiles(value: Json, max: number): Result<FoundFiles, string> {
  const refs: FileRef[] = [];
  const texts: string[] = [];
  let nulls = 0;
  const pending: Json[] = [value];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === null) nulls += 1;
    else if (typeof part === "string") texts.push(part);
    else if (Array.isArray(part)) for (let index = part.length - 1; index >= 0; index -= 1) pending.push(part[index]);
    else {
      const ref = parseFileRef(part);
      if (!ref.ok) return ref;
      refs.push(ref.value);
    }
    if (refs.length > max || texts.length > max) return err(`expected at most ${max} files, found more`);
  }
  return ok({ refs, texts, nulls });
}

function describe(value: Json | undefined): string {
  return value === undefined ? "none" : describeType(value);
}

const MAX_SHOWN = 80;

function shorten(name: string): string {
  return JSON.stringify(name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name);
}
