import { checkExpression, checkScript, checkTemplate } from "../expression/check.ts";
import type { ExpressionProblem } from "../expression/analyse.ts";
import type { LocalName, Names, ScopeTypes, ValueType } from "../expression/scope-types.ts";
import type { Shell } from "../expression/shell.ts";
import { parseTemplate } from "../expression/template.ts";
import type { Expression, Template, TemplateTree } from "../model/workflow.ts";
import type { Reporter } from "./shape.ts";
import type { DataPath } from "./source.ts";

/** What all expressions of one file have in common. */
export interface FileScope extends Reporter {
  readonly inputs: ScopeTypes["inputs"];
  readonly variables: Names;
  /** What is wrong with the module of a script, or null. Rule FILE-3. */
  readonly checkModule: (module: string) => string | null;
}

/** What expressions at one place of a file can see. */
export interface Place {
  readonly nodes: Names;
  readonly locals: ReadonlySet<LocalName>;
}

/** Something in the file that may hold expressions: the file, the place, and where it is written. */
export interface Spot {
  readonly file: FileScope;
  readonly place: Place;
  readonly path: DataPath;
}

/** The same place, further down in the data. */
export function below(spot: Spot, ...steps: DataPath): Spot {
  return { ...spot, path: [...spot.path, ...steps] };
}

/** The same data with more names in scope. */
export function withLocals(place: Place, ...names: readonly LocalName[]): Place {
  return { ...place, locals: new Set([...place.locals, ...names]) };
}

/** A checked expression; a number, `true` or `false` stands for itself. */
export function toExpression(spot: Spot, raw: string | number | boolean, wanted: ValueType = "any"): Expression {
  const source = String(raw);
  const inner = /^\s*\{\{([^]*)\}\}\s*$/.exec(source)?.[1];
  if (inner !== undefined) addProblem(spot, "expression", "expected an expression without {{ }}", inner.trim());
  else report(spot, (scope) => checkExpression(source, scope, wanted));
  return { kind: "expression", source };
}

/** A checked text with places. */
export function toTemplate(spot: Spot, raw: string | number | boolean): Template {
  const source = String(raw);
  if (source.includes("{{")) report(spot, (scope) => checkTemplate(source, scope));
  return { kind: "template", source };
}

/** A checked shell script. */
export function toScript(spot: Spot, source: string, shell: Shell): Template {
  if (source.includes("{{")) report(spot, (scope) => checkScript(source, scope, shell));
  return { kind: "template", source };
}

/** Any data with checked templates for its texts. */
export function toTree(spot: Spot, raw: unknown): TemplateTree {
  if (typeof raw === "string") return toTemplate(spot, raw);
  if (typeof raw === "number" || typeof raw === "boolean") return raw;
  if (typeof raw !== "object" || raw === null) return null;
  if (Array.isArray(raw)) return raw.map((item, index) => toTree(below(spot, index), item));
  const entries = Object.entries(raw).map(([key, item]): [string, TemplateTree] => [
    key,
    toTree(below(spot, key), item),
  ]);
  return { kind: "object", entries: Object.fromEntries(entries) };
}

/** A checked path or glob below some folder: not absolute, and never up. Rules FILE-7 and FLEET-9. */
export function toRelative(spot: Spot, raw: string): Template {
  const template = toTemplate(spot, raw);
  const literal = parseTemplate(raw)
    .segments.map((segment) => (segment.kind === "text" ? segment.text : "x"))
    .join("");
  const refusal = describePath(literal);
  if (refusal !== null) addProblem(spot, "path", `${refusal}, found "${raw}"`);
  return template;
}

/** Why a path may not be used, or null. */
export function describePath(path: string): string | null {
  if (/^(?:[/\\]|[A-Za-z]:)/.test(path)) return "expected a relative path";
  if (path.split(/[/\\]/).includes("..")) return 'expected a path without ".."';
  return path.includes("\0") ? "expected a path without a NUL character" : null;
}

/** Reports something wrong with the whole of what stands at a spot. */
export function addProblem(spot: Spot, code: string, message: string, suggestion: string | null = null): void {
  spot.file.problems.add(spot.file.source.locate(spot.path), code, message, suggestion);
}

/** Reports something at a spot that is allowed and yet looks like a mistake. */
export function addWarning(spot: Spot, code: string, message: string): void {
  spot.file.problems.warn(spot.file.source.locateKey(spot.path), code, message);
}

/** Reports something wrong with the key at a spot. */
export function addKeyProblem(spot: Spot, code: string, message: string, suggestion: string | null = null): void {
  spot.file.problems.add(spot.file.source.locateKey(spot.path), code, message, suggestion);
}

function report({ file, place, path }: Spot, check: (scope: ScopeTypes) => readonly ExpressionProblem[]): void {
  if (file.problems.isFull) return;
  const scope = { inputs: file.inputs, variables: file.variables, nodes: place.nodes, locals: place.locals };
  for (const { start, end, message, suggestion } of check(scope))
    file.problems.add(file.source.locateIn(path, start, end), "expression", message, suggestion);
}
