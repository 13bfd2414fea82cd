import { isMap, type YAMLMap } from "yaml";
import type { Json, JsonObject } from "../../base/json.ts";
import { edit } from "./edit.ts";
import { nodeAt, readOutline, valueOf } from "./outline.ts";
import { writePair } from "./pairs.ts";
import { Refusal, type EditResult } from "./problem.ts";

/** The keys from a node to one of its fields: `["fault", "timeout"]`. */
export type FieldPath = readonly [string, ...string[]];

/** Sets a field of a node, or (undefined) takes it away, with the map that held it when it was the last there. */
export function setField(text: string, path: string, field: FieldPath, value: Json | undefined): EditResult {
  return edit(text, () => ({ text: writeField(text, path, field, value), selected: path }));
}

/** The fields of a node change as one edit: one way of doing its work for another, say. */
export function setFields(
  text: string,
  path: string,
  changes: readonly { readonly field: FieldPath; readonly value: Json | undefined }[],
): EditResult {
  return edit(text, () => ({
    text: changes.reduce((now, { field, value }) => writeField(now, path, field, value), text),
    selected: path,
  }));
}

export function writeField(text: string, path: string, field: FieldPath, value: Json | undefined): string {
  const outline = readOutline(text);
  if (field[0] === "id")
    throw new Refusal("bad-id", "an id changes by renaming, so that what refers to it changes too");
  return writeAt(text, nodeAt(outline, path).map, field, value, outline.isJson);
}

function writeAt(text: string, map: YAMLMap, field: FieldPath, value: Json | undefined, isJson: boolean): string {
  const [key, next, ...rest] = field;
  if (next === undefined) return writePair(text, map, key, value, isJson);
  const inner = valueOf(map, key);
  if (isMap(inner)) {
    const isLast = value === undefined && inner.items.length === 1 && valueOf(inner, next) !== undefined;
    if (isLast && rest.length === 0) return writePair(text, map, key, undefined, isJson);
    return writeAt(text, inner, [next, ...rest], value, isJson);
  }
  if (value === undefined) return text;
  return writePair(text, map, key, nest([next, ...rest], value), isJson);
}

function nest([key, next, ...rest]: FieldPath, value: Json): JsonObject {
  return { [key]: next === undefined ? value : nest([next, ...rest], value) };
}
