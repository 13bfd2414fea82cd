import { parseDocument } from "yaml";
import type { Json } from "../../base/json.ts";

/** How a value is to be written: inside of brackets, in JSON, or in lines of its own. */
export interface Style {
  readonly isJson: boolean;
  readonly isFlow: boolean;
  /** The column of the key it belongs to. */
  readonly column: number;
}

const LINE_LIMIT = 100;

/** A value as YAML or JSON, in one line wherever that is possible. */
export function renderValue(value: Json, style: Style): string {
  if (style.isJson) return JSON.stringify(value);
  if (typeof value === "string") return renderText(value, style);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inside = { ...style, isFlow: true };
  if (Array.isArray(value)) return `[${value.map((item: Json) => renderValue(item, inside)).join(", ")}]`;
  const entries = Object.entries(value).map(
    ([key, item]) => `${renderValue(key, inside)}: ${renderValue(item, inside)}`,
  );
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

export function renderKey(key: string, style: Style): string {
  return style.isJson ? JSON.stringify(key) : renderText(key, { ...style, isFlow: true });
}

function renderText(value: string, style: Style): string {
  if (!style.isFlow && value.includes("\n") && isFitForBlock(value)) return renderBlock(value, style.column);
  if (value.length < LINE_LIMIT * 10 && isPlain(value, style.isFlow)) return value;
  return JSON.stringify(value);
}

/** A block keeps its text only when no line begins it by blanks and nothing in it needs escapes. */
function isFitForBlock(value: string): boolean {
  return !/^\s/.test(value) && !/[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd]/.test(value) && /\S\n?$/.test(value);
}

function renderBlock(value: string, column: number): string {
  const indent = " ".repeat(column + 2);
  const lines = value.replace(/\n$/, "").split("\n");
  const body = lines.map((line) => (line === "" ? "" : indent + line)).join("\n");
  return `${value.endsWith("\n") ? "|" : "|-"}\n${body}`;
}

/** Whether a text can stand without quotes: the YAML reader is asked. */
function isPlain(value: string, isFlow: boolean): boolean {
  if (!/^[A-Za-z0-9_./(]/.test(value) || value !== value.trim() || /[\n\t]|: | #|:$/.test(value)) return false;
  if (isFlow && /[[\]{},]|\{\{/.test(value)) return false;
  const document = parseDocument(isFlow ? `[${value}]` : value, { version: "1.2" });
  if (document.errors.length > 0) return false;
  const read: unknown = document.toJS();
  return (isFlow && Array.isArray(read) ? read[0] : read) === value;
}
